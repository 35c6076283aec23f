"""adapters.redmine.rubyyaml: Ruby's YAML is read as plain data and nothing else."""

from __future__ import annotations

import pytest

from adapters.redmine import rubyyaml


def test_symbols_lose_their_colon() -> None:
    """A role's permissions are a list of symbols."""
    assert rubyyaml.symbols("---\n- :view_issues\n- :add_issues\n") == {"view_issues", "add_issues"}


def test_ruby_hashes_are_plain_mappings() -> None:
    """`roles.settings` is a HashWithIndifferentAccess."""
    text = (
        "--- !ruby/hash:ActiveSupport::HashWithIndifferentAccess\n"
        "permissions_all_trackers: !ruby/hash:ActiveSupport::HashWithIndifferentAccess\n  view_issues: '0'\n"
        "permissions_tracker_ids: !ruby/hash:ActiveSupport::HashWithIndifferentAccess\n  view_issues:\n  - '1'\n  - '3'\n"
    )
    assert rubyyaml.load(text) == {"permissions_all_trackers": {"view_issues": "0"}, "permissions_tracker_ids": {"view_issues": ["1", "3"]}}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "- [",
        "--- !!python/object/apply:os.system ['true']",
        "x" * 300_000,
        "[" * 5000,
        "--- !ruby/object:Gem::Requirement {requirements: 1}\n",
    ],
)
def test_what_is_no_list_of_symbols_permits_nothing(text: str | None) -> None:
    """Broken, hostile and overlong texts give no permission, and nothing is executed."""
    assert rubyyaml.symbols(text) == frozenset()


def test_a_string_that_begins_with_a_colon_keeps_it() -> None:
    """Ruby quotes it, a symbol stands plain: a saved filter may look for `:foo`."""
    text = """---\nsubject:\n  :operator: "~"\n  :values:\n  - ":foo"\n  - ':bar'\nsort: :asc\n"""
    assert rubyyaml.load(text) == {"subject": {"operator": "~", "values": [":foo", ":bar"]}, "sort": "asc"}
