CREATE TABLE things (
    id integer,
    bits bit(3),
    price numeric,
    span interval day to second,
    tags character varying(9)[],
    short character(4)[]
);
