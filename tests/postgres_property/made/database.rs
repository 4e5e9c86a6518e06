//! What belongs to a database and to no schema: publications, event triggers, foreign servers, casts, conversions.

use super::{Maker, Relation};

impl Maker {
    pub(super) fn database(&mut self) {
        self.conversion();
        if self.is_in_schema() {
            return;
        }
        if self.with("publications", 15) {
            self.publications();
        }
        if self.with("foreign", 15) {
            self.foreign();
        }
        if self.with("casts", 15) {
            self.casts();
        }
        if self.with("event triggers", 8) {
            self.event_trigger();
        }
    }

    fn conversion(&mut self) {
        let at = self.top.at("cv");
        if self.with("conversions", 8) && at.chance("is there", 60) {
            let (prefix, schema) = self.prefix(&at, "cv");
            let name = format!("{prefix}{}", self.name(&at, "cv"));
            let default = at.one("default", &["", "DEFAULT "]);
            let sql = format!("CREATE {default}CONVERSION {name} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8");
            self.script.add("cv", &[schema], sql);
            self.subject("cv", format!("CONVERSION {name}"));
        }
    }

    fn publications(&mut self) {
        for slot in ["pub0", "pub1"] {
            let at = self.top.at(slot);
            if !at.chance("is there", 70) {
                continue;
            }
            let name = self.name(&at, slot);
            let mut needs = Vec::new();
            let members: Vec<&Relation> =
                self.relations.iter().filter(|each| each.is_table && !self.is_unlogged(each)).collect();
            let is_whole = at.chance("all tables", 20);
            let mut lists = Vec::new();
            for member in members {
                let at = at.at(&member.slot);
                if !is_whole && at.chance("member", 30) {
                    needs.push(member.id.clone());
                    // Children that are there come along, later ones do not.
                    needs.extend(["in0", "in1"].map(str::to_owned));
                    let column = member.columns.first();
                    let columns =
                        column.filter(|_| at.chance("columns", 25)).map(|column| format!(" ({})", column.name));
                    let rows = column.filter(|_| at.chance("rows", 25) && member.partition_key.is_none());
                    let rows = rows.map(|column| format!(" WHERE ({} IS NOT NULL)", column.name));
                    lists.push(format!("{}{}{}", member.name, columns.unwrap_or_default(), rows.unwrap_or_default()));
                }
            }
            let what = match (is_whole, lists.is_empty()) {
                (true, _) => " FOR ALL TABLES".to_owned(),
                (false, true) => String::new(),
                (false, false) => format!(" FOR TABLE {}", lists.join(", ")),
            };
            let options = at.mostly(
                "options",
                60,
                &[
                    "",
                    " WITH (publish = 'insert')",
                    " WITH (publish = 'insert, truncate', publish_via_partition_root = true)",
                ],
            );
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            self.script.add(slot, &needs, format!("CREATE PUBLICATION {name}{what}{options}"));
            self.subject(slot, format!("PUBLICATION {name}"));
        }
    }

    fn foreign(&mut self) {
        let at = self.top.at("fw");
        let wrapper = self.name(&at, "fw");
        let options = at.mostly("options", 60, &["", " OPTIONS (a 'x')", " OPTIONS (a 'y', \"B c\" 'it''s')"]);
        self.script.add("fw", &[], format!("CREATE FOREIGN DATA WRAPPER {wrapper}{options}"));
        self.subject("fw", format!("FOREIGN DATA WRAPPER {wrapper}"));
        let at = self.top.at("fs");
        if !at.chance("is there", 85) {
            return;
        }
        let server = self.name(&at, "fs");
        let more = at.mostly("more", 60, &["", " VERSION '1'", " TYPE 'x' VERSION '2'"]);
        let options = at.mostly("options", 60, &["", " OPTIONS (host 'x')", " OPTIONS (host 'y', port '1')"]);
        let sql = format!("CREATE SERVER {server}{more} FOREIGN DATA WRAPPER {wrapper}{options}");
        self.script.add("fs", &["fw"], sql);
        self.subject("fs", format!("SERVER {server}"));
        if at.chance("mapping", 40) {
            let role = at.one("role", &["PUBLIC", "fuzz_reader"]);
            let options = at.one("of mapping", &["", " OPTIONS (\"user\" 'x')"]);
            self.script.add("um", &["fs"], format!("CREATE USER MAPPING FOR {role} SERVER {server}{options}"));
        }
        let at = self.top.at("ft");
        if at.chance("is there", 70) {
            let (prefix, schema) = self.prefix(&at, "ft");
            let name = format!("{prefix}{}", self.name(&at, "ft"));
            let kind = at.mostly("type", 60, &["integer", "bigint", "text"]);
            let of_column = at.mostly("of column", 70, &["", " OPTIONS (name 'x')", " OPTIONS (name 'y')"]);
            let more =
                at.mostly("more", 50, &["", ", b text NOT NULL", ", b text DEFAULT 'x'", ", b integer CHECK (b > 0)"]);
            let options = at.mostly("options", 60, &["", " OPTIONS (t 'x')", " OPTIONS (t 'y', u 'z')"]);
            let sql = format!("CREATE FOREIGN TABLE {name} (a {kind}{of_column}{more}) SERVER {server}{options}");
            self.script.add("ft", &["fs", schema], sql);
            self.subject("ft", format!("FOREIGN TABLE {name}"));
            if at.chance("view", 30) {
                self.script.add("ft view", &["ft"], format!("CREATE VIEW ft_view AS SELECT a FROM {name}"));
            }
        }
    }

    fn casts(&mut self) {
        for (slot, target) in [("e0", "integer"), ("c0", "text"), ("c1", "integer")] {
            let Some(found) = self.type_of_slot(slot).cloned() else { continue };
            let id = format!("cast {slot}");
            let at = self.top.at(&id);
            if !at.chance("is there", 60) {
                continue;
            }
            let function = format!("cast_{slot}");
            let body = at.pick("body", 3);
            let sql = format!(
                "CREATE FUNCTION {function}(a {}) RETURNS {target} LANGUAGE sql IMMUTABLE AS $fuzz$ SELECT {body}::{target} $fuzz$",
                found.name
            );
            self.script.add(function.clone(), &[slot], sql);
            let context = at.one("context", &["", " AS ASSIGNMENT"]);
            let with = if target == "text" && at.chance("inout", 40) {
                "WITH INOUT".to_owned()
            } else {
                format!("WITH FUNCTION {function}({})", found.name)
            };
            let sql = format!("CREATE CAST ({} AS {target}) {with}{context}", found.name);
            self.script.add(&*id, &[slot, &function], sql);
            self.subject(&id, format!("CAST ({} AS {target})", found.name));
        }
    }

    fn event_trigger(&mut self) {
        let at = self.top.at("ev");
        if !at.chance("is there", 80) {
            return;
        }
        let sql = "CREATE FUNCTION ev_do() RETURNS event_trigger LANGUAGE plpgsql AS $fuzz$ BEGIN END $fuzz$";
        self.script.add("ev_do", &[], sql);
        let event = at.one("event", &["ddl_command_end", "sql_drop", "ddl_command_start"]);
        let tags = at.mostly(
            "tags",
            50,
            &["", " WHEN TAG IN ('CREATE SEQUENCE')", " WHEN TAG IN ('DROP TABLE', 'CREATE VIEW')"],
        );
        let tags = if event == "sql_drop" { "" } else { tags };
        let name = self.name(&at, "ev");
        self.script.add(
            "ev",
            &["ev_do"],
            format!("CREATE EVENT TRIGGER {name} ON {event}{tags} EXECUTE FUNCTION ev_do()"),
        );
        self.subject("ev", format!("EVENT TRIGGER {name}"));
        let state = at.mostly("state", 70, &["", "DISABLE", "ENABLE ALWAYS"]);
        if !state.is_empty() {
            self.script.add("ev state", &["ev"], format!("ALTER EVENT TRIGGER {name} {state}"));
        }
    }
}
