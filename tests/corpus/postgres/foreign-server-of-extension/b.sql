CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far', dbname 'x');
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS ("user" 'reader');
COMMENT ON SERVER far IS 'far away';
