//! Tables with their columns.

use super::{Column, Maker, Relation};
use crate::choices::Below;

const NUMBERS: [&str; 7] =
    ["integer", "smallint", "bigint", "numeric(8,0)", "text", "character varying(12)", "double precision"];

/// Columns of other types: slot, types that hold the same values, value, default, and whether values have an order.
const OTHERS: &[(&str, &[&str], &str, &str, bool)] = &[
    ("d", &["date", "timestamp", "timestamptz", "timestamptz(3)"], "'2020-02-02'", "'2020-02-02'", true),
    ("z", &["timestamptz", "timestamp(0)", "timestamptz(0)"], "'2020-02-02'", "now()", true),
    ("j", &["jsonb", "json", "text"], "'{\"a\": [1]}'", "'{\"a\": [1]}'", false),
    ("b", &["boolean"], "true", "true", true),
    ("u", &["uuid", "text"], "'00000000-0000-0000-0000-000000000001'", "gen_random_uuid()", true),
    ("x", &["text[]", "varchar(9)[]"], "'{a,\"b c\"}'", "'{}'::text[]", true),
    ("y", &["bytea"], "'\\x00ff'", "'\\x00ff'", true),
    ("iv", &["interval", "interval day to second", "interval(3)"], "'1 day'", "'1 hour'", true),
    ("ip", &["inet", "cidr"], "'10.0.0.0/8'", "'10.0.0.0/8'", true),
    ("bi", &["bit(3)", "varbit(5)", "varbit"], "B'101'", "B'101'", true),
    ("ch", &["char(3)", "character varying(5)", "text", "\"char\"", "name"], "'a'", "'b'", true),
    ("ti", &["time", "timetz", "time(2)"], "'10:00'", "'11:00'", true),
    ("rg", &["int4range", "numrange"], "'[1,2)'", "'empty'", true),
    ("tv", &["tsvector"], "'a b'", "'x'", true),
    ("po", &["point"], "'(1,2)'", "'(0,0)'", false),
    ("ia", &["integer[]", "bigint[]", "text[]"], "'{1,2}'", "'{}'", true),
    ("mo", &["money", "numeric"], "'1'", "'2'", true),
    ("me", &["int4multirange"], "'{[1,2)}'", "'{}'", true),
];

/// Columns of the schema's own types.
const OWN: [&str; 15] = ["e0", "e1", "e0s", "d0", "d1", "d2", "d0s", "c0", "c1", "c0s", "r0", "ci", "hs", "lt", "r0s"];

pub(super) struct Line {
    pub(super) column: Column,
    pub(super) text: String,
    pub(super) needs: Vec<String>,
}

impl Maker {
    pub(super) fn tables(&mut self) {
        for slot in ["t0", "t1", "t2", "t3", "t4"] {
            let at = self.top.at(slot);
            let percent = if slot == "t0" { 97 } else { 60 };
            let is_there = at.chance("is there", percent);
            // A parent that comes or goes would make its children leave or join, with all that they declared themselves.
            if is_there || self.is_kin(slot) || self.is_referred_to(slot) {
                self.table(slot, &at);
            }
        }
        self.inheritance();
        self.typed_table();
    }

    fn table(&mut self, slot: &'static str, at: &Below) {
        let (prefix, schema) = self.prefix(at, slot);
        let name = format!("{prefix}{}", self.name(at, slot));
        let lines = self.columns(at, slot, schema);
        let unlogged = at.mostly("unlogged", 90, &["", " UNLOGGED"]);
        let options = at.mostly(
            "storage",
            80,
            &[
                "",
                " WITH (fillfactor=70)",
                " WITH (autovacuum_enabled=false, fillfactor=90)",
                " WITH (toast_tuple_target=4000)",
            ],
        );
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let mut needs: Vec<&str> = lines.iter().flat_map(|line| line.needs.iter().map(String::as_str)).collect();
        let (method, need) = self.stored_by(at);
        needs.extend([schema, need]);
        let sql = format!("CREATE{unlogged} TABLE {name} ({}){method}{options}", texts.join(", "));
        self.script.add(slot, &needs, sql);
        self.new_table(slot, name, prefix, lines.into_iter().map(|line| line.column).collect());
    }

    pub(super) fn new_table(&mut self, slot: &str, name: String, prefix: String, columns: Vec<Column>) {
        self.subject(slot, format!("TABLE {name}"));
        for column in &columns {
            self.subject(slot, format!("COLUMN {name}.{}", column.name));
        }
        let filled: Vec<&Column> = columns.iter().filter(|column| column.value.is_some()).collect();
        let names: Vec<&str> = filled.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<&str> = filled.iter().filter_map(|column| column.value.as_deref()).collect();
        if self.with_rows && !names.is_empty() {
            self.rows.push(format!(
                "INSERT INTO {name} ({}) SELECT {} FROM generate_series(1, 3) n",
                names.join(", "),
                values.join(", ")
            ));
        }
        self.relations.push(Relation {
            slot: slot.to_owned(),
            id: slot.to_owned(),
            name,
            prefix,
            columns,
            is_table: true,
            is_partition: false,
            partition_key: None,
        });
    }

    /// The columns of a table, each as CREATE TABLE has it.
    pub(super) fn columns(&self, at: &Below, slot: &str, schema: &'static str) -> Vec<Line> {
        let at = at.at("column");
        let mut lines = vec![self.number(&at, slot, "id", schema)];
        for name in ["ref", "n0", "n1", "n2"] {
            if at.at(name).chance("is there", 75) {
                lines.push(self.number(&at, slot, name, schema));
            }
        }
        for (name, types, value, default, is_ordered) in OTHERS {
            let column = at.at(name);
            if !self.with(&format!("column {name}"), 25) || !column.chance("is there", 50) {
                continue;
            }
            let type_name = column.mostly("type", 60, types);
            let default = if column.chance("default", 40) { format!(" DEFAULT {default}") } else { String::new() };
            let mut line = self.line(&column, name, type_name, Some((*value).to_owned()), &default);
            line.column.is_ordered = *is_ordered && type_name != "json";
            lines.push(line);
        }
        for name in OWN {
            let column = at.at(name);
            let Some(found) = self.type_of_slot(name).cloned() else { continue };
            if !column.chance("is there", 35) {
                continue;
            }
            let has_default = column.chance("default", 30) && found.value.starts_with('\'');
            let default = if has_default { format!(" DEFAULT {}", found.value) } else { String::new() };
            let slot: &'static str = name;
            let mut line = self.line(&column, slot, &found.name, Some(found.value.clone()), &default);
            line.column.is_ordered = found.is_ordered;
            line.needs.push(found.id);
            lines.push(line);
        }
        self.computed(&at, slot, &mut lines);
        lines
    }

    fn line(&self, at: &Below, slot: &'static str, type_name: &str, value: Option<String>, more: &str) -> Line {
        // With rows, a key that goes by another name would be a new column without values.
        let name = if self.with_rows && slot == "id" { slot.to_owned() } else { self.name(at, slot) };
        let mut needs = Vec::new();
        let mut text = format!("{name} {type_name}");
        if type_name == "text" || type_name == "jsonb" {
            text.push_str(at.mostly("compression", 90, &["", " COMPRESSION pglz"]));
        }
        let is_text = ["text", "character varying", "varchar"].iter().any(|word| type_name.starts_with(word));
        if is_text && at.chance("collated", 15) {
            match self.type_of_slot("co") {
                Some(collation) => {
                    needs.push("co".to_owned());
                    text.push_str(&format!(" COLLATE {}", collation.name));
                }
                None => text.push_str(at.one("collation", &[" COLLATE \"C\"", " COLLATE \"POSIX\""])),
            }
        }
        text.push_str(more);
        // What may be null on one side would stop the other; so rows go with a default.
        let is_filled = more.starts_with(" DEFAULT") || more.ends_with("IDENTITY") || more.ends_with(')');
        if at.chance("not null", 25) && (!self.with_rows || is_filled) {
            text.push_str(" NOT NULL");
        }
        let (type_name, is_generated) = (type_name.to_owned(), false);
        let column = Column { slot, name, type_name, value, is_number: false, is_ordered: true, is_generated };
        Line { column, text, needs }
    }

    fn number(&self, at: &Below, table: &str, slot: &'static str, schema: &'static str) -> Line {
        let at = at.at(slot);
        let is_key = slot == "id" || slot == "ref";
        let types: &[&str] = if is_key { &NUMBERS[..3] } else { &NUMBERS };
        // The type of a partition key stays what it is.
        let types = if slot == "id" && table.starts_with('p') { &types[..1] } else { types };
        let type_name = at.mostly("type", 60, types);
        let mut needs = vec![schema.to_owned()];
        let mut default = String::new();
        if slot != "ref" {
            match at.pick("default", 10) {
                6 => default = " DEFAULT 7".to_owned(),
                7 => default = format!(" DEFAULT {}", at.one("value", &["8", "'9'", "(1 + 1)", "abs(3)"])),
                8 => {
                    let wanted = at.pick("sequence", 2);
                    if let Some((_, id, name)) = self.sequences.get(wanted) {
                        default = format!(" DEFAULT nextval('{}')", name.replace('\'', "''"));
                        needs.push(id.clone());
                    }
                }
                9 => {
                    if let Some(function) = self.function(at.one("function", &["f0", "f1"])) {
                        default = format!(" DEFAULT {}(1)", function.name);
                        needs.push(function.id.clone());
                    }
                }
                _ => {}
            }
        }
        let mut line = self.line(&at, slot, type_name, Some("n".to_owned()), &default);
        line.column.is_number = true;
        line.needs.extend(needs);
        line
    }

    /// Generated columns and identities.
    fn computed(&self, at: &Below, table: &str, lines: &mut Vec<Line>) {
        let generated = at.at("g");
        if self.with("generated columns", 30) && generated.chance("is there", 50) {
            let base = lines.iter().find(|line| line.column.slot == generated.one("of", &["id", "ref"]));
            let base = base.unwrap_or(&lines[0]).column.name.clone();
            let function = self.function("f1").filter(|_| generated.chance("calls", 30));
            let (expression, need) = match function {
                Some(function) => (format!("{}({base}::integer)", function.name), Some(function.id.clone())),
                None => (format!("{base} + {}", generated.pick("addend", 3)), None),
            };
            let more = format!(" GENERATED ALWAYS AS ({expression}) STORED");
            let mut line =
                self.line(&generated, "g", generated.mostly("type", 70, &["bigint", "numeric"]), None, &more);
            line.column.is_generated = true;
            line.needs.extend(need);
            lines.push(line);
        }
        let identity = at.at("i");
        // The server adds none to a table that has children.
        if self.with("identities", 25)
            && !table.starts_with('p')
            && !self.is_kin(table)
            && identity.chance("is there", 50)
        {
            let kind = identity.one("kind", &["ALWAYS", "BY DEFAULT"]);
            let options = identity.mostly(
                "options",
                60,
                &["", " (START 10)", " (INCREMENT 2 CACHE 3)", " (MAXVALUE 30000 CYCLE)"],
            );
            let more = format!(" GENERATED {kind} AS IDENTITY{options}");
            let type_name = identity.mostly("type", 70, &["integer", "bigint", "smallint"]);
            lines.push(self.line(&identity, "i", type_name, None, &more));
        }
        let serial = at.at("se");
        if self.with("serials", 25) && !table.starts_with('p') && serial.chance("is there", 40) {
            // Where it is one on the other side only, rows need values.
            lines.push(self.line(
                &serial,
                "se",
                serial.one("type", &["serial", "bigserial", "integer"]),
                Some("n".to_owned()),
                "",
            ));
        }
    }

    /// Children of a table, of one or two levels.
    fn inheritance(&mut self) {
        if !self.inherits() {
            return;
        }
        for (slot, parents) in [("in0", ["t0", "t1"]), ("in1", ["in0", "t1"])] {
            let at = self.top.at(slot);
            if at.shared("is there", 4) == 0 {
                continue;
            }
            let parents: Vec<Relation> = parents
                .iter()
                .filter_map(|name| self.relations.iter().find(|each| each.slot == *name))
                .cloned()
                .collect();
            let count = if at.shared("two parents", 7) == 6 { 2 } else { 1 };
            let mut parents: Vec<Relation> =
                parents.into_iter().take(if at.shared("a parent", 7) > 0 { count } else { 0 }).collect();
            if parents.len() == 2 && !go_together(&parents[0], &parents[1]) {
                parents.truncate(1);
            }
            let (prefix, schema) = self.prefix(&at, slot);
            let name = format!("{prefix}{}", self.name(&at, slot));
            let mut columns: Vec<Column> = Vec::new();
            for column in parents.iter().flat_map(|parent| &parent.columns) {
                if !columns.iter().any(|other| other.name == column.name) {
                    columns.push(Column { is_generated: false, ..column.clone() });
                }
            }
            let own = at.at("own");
            let mut lines = Vec::new();
            // Other names than its parent's: what is dropped above and declared here as well would be made anew.
            for column in if slot == "in0" { ["w0", "w1"] } else { ["w2", "w3"] } {
                if own.chance(column, 50) {
                    lines.push(self.number(&own, "", column, schema));
                }
            }
            let mut texts: Vec<String> = lines.iter().map(|line| line.text.clone()).collect();
            if own.shared("again", 5) == 4
                && let Some(parent) = parents.first().filter(|parent| !parent.columns.is_empty())
            {
                // What a child declares itself is merged with what it inherits.
                texts.push(format!("{} {}", parent.columns[0].name, parent.columns[0].type_name));
            }
            columns.extend(lines.iter().map(|line| line.column.clone()));
            let mut needs: Vec<&str> = lines.iter().flat_map(|line| line.needs.iter().map(String::as_str)).collect();
            needs.push(schema);
            needs.extend(parents.iter().map(|parent| parent.id.as_str()));
            let names: Vec<&str> = parents.iter().map(|parent| parent.name.as_str()).collect();
            let inherits = if names.is_empty() { String::new() } else { format!(" INHERITS ({})", names.join(", ")) };
            self.script.add(slot, &needs, format!("CREATE TABLE {name} ({}){inherits}", texts.join(", ")));
            self.new_table(slot, name, prefix, columns);
        }
    }

    fn typed_table(&mut self) {
        let at = self.top.at("ty");
        let Some(of) = self.type_of_slot("c0").cloned() else { return };
        if self.with("typed tables", 40) && at.chance("is there", 60) {
            let (prefix, schema) = self.prefix(&at, "ty");
            let name = format!("{prefix}{}", self.name(&at, "ty"));
            self.script.add("ty", &[schema, &of.id], format!("CREATE TABLE {name} OF {}", of.name));
            self.new_table("ty", name, prefix, Vec::new());
        }
    }
}

/// Whether a table can have both as parents: what is of one name must be of one type.
fn go_together(one: &Relation, other: &Relation) -> bool {
    let is_other = |column: &Column| {
        other.columns.iter().any(|each| each.name == column.name && each.type_name != column.type_name)
    };
    !one.columns.iter().any(is_other)
}
