SELECT nextval('s1');
