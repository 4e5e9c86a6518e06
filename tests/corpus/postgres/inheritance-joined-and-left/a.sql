CREATE TABLE p (id integer, a text); CREATE TABLE joins (id integer, a text, b text); CREATE TABLE leaves (b text) INHERITS (p); CREATE TABLE q (z integer); CREATE TABLE two () INHERITS (p, q);
