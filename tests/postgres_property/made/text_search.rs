//! Text search dictionaries and configurations.

use super::Maker;

impl Maker {
    pub(super) fn text_search(&mut self) {
        if !self.with("text search", 12) {
            return;
        }
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
            self.script.add("di", &[schema], format!("CREATE TEXT SEARCH DICTIONARY {name} ({options})"));
            self.subject("di", format!("TEXT SEARCH DICTIONARY {name}"));
            dictionary = Some(name);
        }
        let at = self.top.at("cf");
        if !at.chance("is there", 75) {
            return;
        }
        let (prefix, schema) = self.prefix(&at, "cf");
        let name = format!("{prefix}{}", self.name(&at, "cf"));
        let from = at.one("from", &["COPY = simple", "PARSER = \"default\""]);
        self.script.add("cf", &[schema], format!("CREATE TEXT SEARCH CONFIGURATION {name} ({from})"));
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
}
