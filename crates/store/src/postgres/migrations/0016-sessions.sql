-- Sessions of the console, and links that begin one, are tokens that are good for nothing else: bearer, session or link. Nodes of an earlier
-- release, which know bearer tokens alone, leave it out.
ALTER TABLE tokens ADD COLUMN used_as text NOT NULL DEFAULT 'bearer';
