CREATE TEXT SEARCH PARSER kept (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, HEADLINE = prsd_headline, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH PARSER changed (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE changed (LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH TEMPLATE gone (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH CONFIGURATION docs (PARSER = changed);
ALTER TEXT SEARCH CONFIGURATION docs ADD MAPPING FOR word WITH simple;
COMMENT ON TEXT SEARCH PARSER changed IS 'the parser';
COMMENT ON TEXT SEARCH TEMPLATE changed IS 'the template';
COMMENT ON TEXT SEARCH CONFIGURATION docs IS 'leans on the parser';
