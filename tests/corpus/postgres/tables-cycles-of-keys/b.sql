CREATE TABLE departments (id bigint PRIMARY KEY, boss bigint, name text, office bigint);
CREATE TABLE offices (id bigint PRIMARY KEY, keeper bigint);
CREATE TABLE employees (id bigint PRIMARY KEY, department bigint, mentor bigint REFERENCES employees ON DELETE SET NULL, office bigint REFERENCES offices);
ALTER TABLE offices ADD CONSTRAINT keeper FOREIGN KEY (keeper) REFERENCES employees; ALTER TABLE departments ADD FOREIGN KEY (office) REFERENCES offices;
ALTER TABLE departments ADD CONSTRAINT departments_boss FOREIGN KEY (boss) REFERENCES employees DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE employees ADD FOREIGN KEY (department) REFERENCES departments DEFERRABLE;
CREATE TABLE ring1 (id integer PRIMARY KEY, next integer); CREATE TABLE ring2 (id integer PRIMARY KEY, next integer REFERENCES ring1); CREATE TABLE ring3 (id integer PRIMARY KEY, next integer REFERENCES ring2); ALTER TABLE ring1 ADD FOREIGN KEY (next) REFERENCES ring3;
