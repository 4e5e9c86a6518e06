CREATE TABLE things (
    id integer,
    bits bit varying,
    price money,
    span interval(3),
    tags text[],
    short text[]
);
