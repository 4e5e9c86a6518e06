//! Text search templates, dictionaries, parsers and configurations.

use super::Maker;

impl Maker {
    pub(super) fn text_search(&mut self) {
        if !self.with("text search", 12) {
            return;
        }
        let template = self.template();
        let at = self.top.at("di");
        let mut dictionary = None;
        if at.chance("is there", 75) {
            let (prefix, schema) = self.prefix(&at, "di");
            let name = format!("{prefix}{}", self.name(&at, "di"));
            let options = at.one(
                "options",
                &[
                    "TEMPLATE = simple",
                    "TEMPLATE = simple, STOPWORDS = english",
                    "TEMPLATE = snowball, LANGUAGE = german",
                    "TEMPLATE = simple, ACCEPT = false",
                ],
            );
            let own =
                template.filter(|_| at.chance("own template", 50)).map(|template| format!("TEMPLATE = {template}"));
            let need = if own.is_some() { "te" } else { "" };
            let options = own.unwrap_or_else(|| options.to_owned());
            self.script.add("di", &[schema, need], format!("CREATE TEXT SEARCH DICTIONARY {name} ({options})"));
            self.subject("di", format!("TEXT SEARCH DICTIONARY {name}"));
            dictionary = Some(name);
        }
        let parser = self.parser();
        let at = self.top.at("cf");
        if !at.chance("is there", 75) {
            return;
        }
        let (prefix, schema) = self.prefix(&at, "cf");
        let name = format!("{prefix}{}", self.name(&at, "cf"));
        let from = at.one("from", &["COPY = simple", "PARSER = \"default\""]);
        let own = parser.filter(|_| from.starts_with("PARSER") && at.chance("own parser", 60));
        let need = if own.is_some() { "pa" } else { "" };
        let from = own.map_or_else(|| from.to_owned(), |parser| format!("PARSER = {parser}"));
        self.script.add("cf", &[schema, need], format!("CREATE TEXT SEARCH CONFIGURATION {name} ({from})"));
        self.subject("cf", format!("TEXT SEARCH CONFIGURATION {name}"));
        if let Some(dictionary) = dictionary.filter(|_| at.chance("mapped", 70)) {
            let verb = if from.starts_with("COPY") { "ALTER" } else { "ADD" };
            let tokens = at.one("tokens", &["asciiword", "asciiword, word"]);
            let with = at.one("with", &["", ", simple"]);
            let sql =
                format!("ALTER TEXT SEARCH CONFIGURATION {name} {verb} MAPPING FOR {tokens} WITH {dictionary}{with}");
            self.script.add("cf mapped", &["cf", "di"], sql);
        }
        let table = self.relations.iter().find(|each| each.slot == "t0" && each.is_table);
        let column = table.and_then(|table| table.columns.iter().find(|column| column.type_name == "text"));
        if let (Some(table), Some(column)) = (table, column)
            && at.chance("index", 50)
        {
            let sql = format!(
                "CREATE INDEX t0_words ON {} USING gin (to_tsvector('{}'::regconfig, {}))",
                table.name,
                name.replace('\'', "''"),
                column.name
            );
            let need = table.id.clone();
            self.script.add("t0 words", &["cf", "cf mapped", &need], sql);
        }
    }

    fn template(&mut self) -> Option<String> {
        let at = self.top.at("te");
        if !at.chance("is there", 60) {
            return None;
        }
        let (prefix, schema) = self.prefix(&at, "te");
        let name = format!("{prefix}{}", self.name(&at, "te"));
        let init = at.one("init", &["INIT = dsimple_init, ", ""]);
        let sql = format!("CREATE TEXT SEARCH TEMPLATE {name} ({init}LEXIZE = dsimple_lexize)");
        self.script.add("te", &[schema], sql);
        self.subject("te", format!("TEXT SEARCH TEMPLATE {name}"));
        Some(name).filter(|_| !init.is_empty())
    }

    fn parser(&mut self) -> Option<String> {
        let at = self.top.at("pa");
        if !at.chance("is there", 60) {
            return None;
        }
        let (prefix, schema) = self.prefix(&at, "pa");
        let name = format!("{prefix}{}", self.name(&at, "pa"));
        let headline = at.one("headline", &["", ", HEADLINE = prsd_headline"]);
        let functions = "START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype";
        self.script.add("pa", &[schema], format!("CREATE TEXT SEARCH PARSER {name} ({functions}{headline})"));
        self.subject("pa", format!("TEXT SEARCH PARSER {name}"));
        Some(name)
    }
}
