CREATE TABLE p (a int CHECK (a > 0), b text DEFAULT 'x');
CREATE TABLE c (a int CHECK (a > 0), b text, c int);
