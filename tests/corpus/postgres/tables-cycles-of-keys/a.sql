CREATE TABLE departments (id integer PRIMARY KEY, boss integer, name text);
CREATE TABLE employees (id integer PRIMARY KEY, department integer REFERENCES departments, mentor integer REFERENCES employees);
ALTER TABLE departments ADD CONSTRAINT departments_boss FOREIGN KEY (boss) REFERENCES employees DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE lonely (id integer PRIMARY KEY);
