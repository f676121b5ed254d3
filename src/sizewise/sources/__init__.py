"""Models from elsewhere: a folder with a configuration, the user's own table."""
