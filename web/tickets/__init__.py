"""Work on Redmine issues in the window: the interface `/tasks/api/…`, its topics, drafts, files and bulk changes."""
