CREATE TABLE child (id int, a text, b int); CREATE TABLE child2 (id int, b int); CREATE TABLE parent2 (id int); CREATE TABLE child3 () INHERITS (parent2);
