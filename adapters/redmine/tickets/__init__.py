"""The list of tickets and the search in them: Redmine's rules as conditions of SQL, for one person."""
