//! What a database has functions of the server for: languages, access methods, transforms. All of it belongs to no schema.

use super::Maker;

impl Maker {
    pub(super) fn access_methods(&mut self) {
        if !self.with("access methods", 12) || self.is_in_schema() {
            return;
        }
        let at = self.top.at("h2");
        // Servers before PostgreSQL 15 have no way from one to another.
        let is_there = if self.version < 15 { at.shared("is there on both", 4) > 0 } else { at.chance("is there", 80) };
        if is_there {
            let name = self.name(&at, "h2");
            self.script.add("h2", &[], format!("CREATE ACCESS METHOD {name} TYPE TABLE HANDLER heap_tableam_handler"));
            self.subject("h2", format!("ACCESS METHOD {name}"));
            self.heap = Some(name);
        }
        let at = self.top.at("tree");
        if at.chance("is there", 50) {
            let name = self.name(&at, "tree");
            let handler = at.one("handler", &["bthandler", "hashhandler"]);
            self.script.add("tree", &[], format!("CREATE ACCESS METHOD {name} TYPE INDEX HANDLER {handler}"));
            self.subject("tree", format!("ACCESS METHOD {name}"));
            if at.chance("family", 40) {
                self.script.add("tree family", &["tree"], format!("CREATE OPERATOR FAMILY tree_ops USING {name}"));
            }
        }
    }

    /// The access method of a table or a materialised view, as its statement has it, and the statement that makes it.
    pub(super) fn stored_by(&self, at: &crate::choices::Below) -> (String, &'static str) {
        let Some(heap) = &self.heap else { return (String::new(), "") };
        let is_it =
            if self.version < 15 { at.shared("second heap", 3) == 2 } else { at.chance("by the second heap", 35) };
        if is_it { (format!(" USING {heap}"), "h2") } else { (String::new(), "") }
    }

    /// A language that is another PL/pgSQL, with a function in it.
    pub(super) fn language(&mut self) {
        let at = self.top.at("la");
        if !self.with("languages", 12) || self.is_in_schema() || !at.chance("is there", 80) {
            return;
        }
        let name = self.name(&at, "la");
        let trusted = at.one("trusted", &["", "TRUSTED "]);
        let inline = at.one("inline", &["", " INLINE plpgsql_inline_handler"]);
        let validator = at.one("validator", &["", " VALIDATOR plpgsql_validator"]);
        let sql = format!("CREATE {trusted}LANGUAGE {name} HANDLER plpgsql_call_handler{inline}{validator}");
        self.script.add("la", &[], sql);
        self.subject("la", format!("LANGUAGE {name}"));
        let of = self.top.at("lf");
        if of.chance("is there", 70) {
            let (prefix, schema) = self.prefix(&of, "lf");
            let function = format!("{prefix}{}", self.name(&of, "lf"));
            let body = of.pick("body", 3);
            let language = of.mostly("in it", 80, &[&name, "plpgsql"]).to_owned();
            let sql = format!(
                "CREATE FUNCTION {function}(a integer) RETURNS integer LANGUAGE {language} IMMUTABLE AS $x$ BEGIN RETURN {body}; END $x$"
            );
            self.script.add("lf", &["la", schema], sql);
            self.subject("lf", format!("FUNCTION {function}(integer)"));
            if of.chance("view", 40) {
                self.script.add("lf view", &["lf"], format!("CREATE VIEW lf_view AS SELECT {function}(1) AS x"));
            }
        }
        self.language = Some(name);
    }

    /// How languages see values: the functions are the server's, and nobody calls them.
    pub(super) fn transforms(&mut self) {
        if !self.with("transforms", 15) || self.is_in_schema() {
            return;
        }
        for slot in ["e0", "c0", "integer"] {
            let at = self.top.at("transform").at(slot);
            let own = self.type_of_slot(slot).cloned();
            let is_own = slot != "integer";
            if is_own != own.is_some() || !at.chance("is there", 60) {
                continue;
            }
            let type_name = own.map_or_else(|| slot.to_owned(), |found| found.name);
            let own_language = self.language.clone().filter(|_| at.chance("own language", 50));
            let need = if own_language.is_some() { "la" } else { "" };
            let language = own_language.unwrap_or_else(|| "sql".to_owned());
            let from = "FROM SQL WITH FUNCTION prsd_lextype(internal)";
            let to = "TO SQL WITH FUNCTION int4recv(internal)";
            let functions = match at.pick("functions", 3) {
                1 if !is_own => to.to_owned(),
                2 if !is_own => format!("{from}, {to}"),
                _ => from.to_owned(),
            };
            let id = format!("transform {slot}");
            let target = format!("FOR {type_name} LANGUAGE {language}");
            self.script.add(&*id, &[slot, need], format!("CREATE TRANSFORM {target} ({functions})"));
            self.subject(&id, format!("TRANSFORM {target}"));
            if language == "sql" && at.chance("function", 50) {
                let function = format!("seen_{slot}");
                let sql = format!(
                    "CREATE FUNCTION {function}(a {type_name}) RETURNS integer TRANSFORM FOR TYPE {type_name} LANGUAGE sql AS $fuzz$ SELECT {} $fuzz$",
                    at.pick("body", 2)
                );
                self.script.add(function.clone(), &[slot, &id], sql);
                self.subject(&function, format!("FUNCTION {function}({type_name})"));
            }
        }
    }
}
