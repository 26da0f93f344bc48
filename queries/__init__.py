"""Every statement sent to the database: questions and commands, behind one door (`queries.session`)."""
