"""Many reports by morning: templates executed by papermill, one fresh process each, resumable and whole."""
