CREATE TABLE other (id integer PRIMARY KEY);
CREATE TABLE parent (
    id integer NOT NULL UNIQUE,
    code text CHECK (code <> 'x') NO INHERIT,
    other_id integer REFERENCES other
);
CREATE TABLE child () INHERITS (parent);
