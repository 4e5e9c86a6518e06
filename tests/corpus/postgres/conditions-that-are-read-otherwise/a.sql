CREATE TABLE orders (id integer PRIMARY KEY, state varchar(20), code char(3), low integer, high integer);
