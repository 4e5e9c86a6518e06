CREATE TYPE note;
CREATE FUNCTION note_in(cstring) RETURNS note LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION note_out(note) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE note (INPUT = note_in, OUTPUT = note_out, STORAGE = main, TYPMOD_IN = varchartypmodin,
    TYPMOD_OUT = varchartypmodout);
CREATE TABLE t (a int, n note, many note[]);
