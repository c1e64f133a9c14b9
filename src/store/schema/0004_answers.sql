-- Which line it answers: in the spool as its address knows that one, in the archive by its stanza-id; '': none.
ALTER TABLE spool ADD COLUMN answers TEXT NOT NULL DEFAULT '';
ALTER TABLE archive ADD COLUMN answers TEXT NOT NULL DEFAULT '';
