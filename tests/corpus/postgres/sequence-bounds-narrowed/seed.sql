SELECT nextval('used');
