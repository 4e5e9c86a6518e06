INSERT INTO t VALUES (1, ('a', 'sad'), ARRAY[('b', 'happy')::person], 'happy');
