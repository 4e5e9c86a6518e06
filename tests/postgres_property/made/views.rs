//! Views over tables and over views, materialised ones with indexes, and their triggers and rules.

use super::{Column, Maker, Relation};

impl Maker {
    pub(super) fn views(&mut self) {
        if !self.with("views", 65) {
            return;
        }
        for slot in ["v0", "v1", "v2", "v3", "v4"] {
            self.view(slot);
        }
    }

    fn view(&mut self, slot: &'static str) {
        let at = self.top.at(slot);
        let wanted = at.one("over", &["t0", "v0", "v1", "t1", "pt", "t2", "v2", "in0", "v3"]);
        let find =
            |wanted: &str| self.relations.iter().find(|each| each.slot == wanted && !each.columns.is_empty()).cloned();
        let Some(over) = find(wanted).or_else(|| find("t0")) else { return };
        if !at.chance("is there", 65) {
            return;
        }
        let (prefix, schema) = self.prefix(&at, slot);
        let name = format!("{prefix}{}", self.name(&at, slot));
        let mut columns: Vec<Column> =
            over.columns.iter().filter(|column| at.chance(&format!("with {}", column.slot), 60)).cloned().collect();
        if columns.is_empty() {
            columns.push(over.columns[0].clone());
        }
        if at.chance("turned", 15) {
            columns.reverse();
        }
        let mut needs = vec![over.id.clone(), schema.to_owned()];
        let list: Vec<String> = columns.iter().map(|column| format!("q.{}", column.name)).collect();
        let list = list.join(", ");
        let first = columns[0].name.clone();
        let from = format!("{} q", over.name);
        let other = find(at.one("other", &["t1", "v0", "t0", "v1"])).filter(|other| other.slot != slot);
        let query = match (at.pick("shape", 11), &other) {
            (1, _) => format!("SELECT {list} FROM {from} WHERE q.{first} IS NOT NULL"),
            (2, Some(other)) => {
                needs.push(other.id.clone());
                format!("SELECT {list} FROM {from} LEFT JOIN {} o ON o.{} IS NULL", other.name, other.columns[0].name)
            }
            (3, _) => format!("WITH w AS (SELECT * FROM {from}) SELECT {list} FROM w q"),
            (4, _) => format!("SELECT {list} FROM {from} UNION ALL SELECT {list} FROM {from} WHERE false"),
            (5, _) => format!("SELECT {list} FROM (SELECT * FROM {from}) q LIMIT {}", 5 + at.pick("limit", 3)),
            (6, Some(other)) => {
                needs.push(other.id.clone());
                format!(
                    "SELECT {list} FROM {from} WHERE EXISTS (SELECT 1 FROM {} o WHERE o.{} IS NULL)",
                    other.name, other.columns[0].name
                )
            }
            (7, _) if columns.iter().all(|column| column.is_ordered) => {
                format!("SELECT {list} FROM {from} GROUP BY {list} HAVING count(*) > {}", at.pick("count", 3))
            }
            _ => format!("SELECT {list} FROM {from}"),
        };
        let (query, extra) = self.with_extra_column(&at, query, &over, &mut needs);
        let is_materialized = at.chance("materialized", 20);
        let words = if is_materialized { "MATERIALIZED VIEW" } else { "VIEW" };
        let options = if is_materialized {
            at.mostly("storage", 80, &["", " WITH (fillfactor=80)"])
        } else {
            at.mostly("options", 75, &["", " WITH (security_barrier=true)", " WITH (security_invoker=true)"])
        };
        let (method, need) = if is_materialized { self.stored_by(&at) } else { (String::new(), "") };
        needs.push(need.to_owned());
        let empty = if is_materialized { at.mostly("filled", 70, &["", " WITH NO DATA"]) } else { "" };
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        self.script.add(slot, &needs, format!("CREATE {words} {name}{method}{options} AS {query}{empty}"));
        self.subject(slot, format!("{words} {name}"));
        self.subject(slot, format!("COLUMN {name}.{first}"));
        columns.extend(extra);
        self.relations.push(Relation {
            slot: slot.to_owned(),
            id: slot.to_owned(),
            name: name.clone(),
            prefix: prefix.clone(),
            columns: columns.clone(),
            is_table: false,
            is_partition: false,
            partition_key: None,
        });
        self.parts_of_view(slot, &name, &prefix, &columns, is_materialized);
    }

    /// A query with one more column, which leans on something else, where it is a simple one.
    fn with_extra_column(
        &self,
        at: &crate::choices::Below,
        query: String,
        over: &Relation,
        needs: &mut Vec<String>,
    ) -> (String, Option<Column>) {
        if !query.ends_with(" q") || query.contains("WITH") || query.contains("UNION") || !at.chance("extra", 40) {
            return (query, None);
        }
        let number = over.columns.iter().find(|column| column.is_number && column.type_name == "integer");
        let (expression, type_name) = match (at.pick("extra shape", 7), number) {
            (0, _) if self.function("f0").is_some() => {
                needs.push("f0".to_owned());
                (format!("{}(1)", self.function("f0").map_or("", |function| &function.name)), "integer")
            }
            (1, Some(number)) if self.function("op").is_some() => {
                needs.push("op".to_owned());
                let operator = self.function("op").map_or("", |operator| &operator.name);
                (format!("q.{0} {operator} q.{0}", number.name), "boolean")
            }
            (2, Some(number)) if self.function("ag").is_some() => {
                needs.push("ag".to_owned());
                (
                    format!("{}(q.{}) OVER ()", self.function("ag").map_or("", |function| &function.name), number.name),
                    "integer",
                )
            }
            (3, _) if self.type_of_slot("e0").is_some() => {
                needs.push("e0".to_owned());
                (format!("'a'::{}", self.type_of_slot("e0").map_or("", |found| &found.name)), "text")
            }
            (4, _) => ("row_number() OVER ()".to_owned(), "bigint"),
            (5, _) => ("(q.*)::text".to_owned(), "text"),
            (_, Some(number)) => (format!("CASE WHEN q.{} > 1 THEN 'x'::text ELSE 'y' END", number.name), "text"),
            _ => ("now()".to_owned(), "timestamptz"),
        };
        let query = query.replacen(" FROM ", &format!(", {expression} AS extra FROM "), 1);
        let column = Column {
            slot: "extra",
            name: "extra".to_owned(),
            type_name: type_name.to_owned(),
            value: None,
            is_number: type_name == "integer",
            is_ordered: true,
            is_generated: false,
        };
        (query, Some(column))
    }

    fn parts_of_view(&mut self, slot: &str, name: &str, prefix: &str, columns: &[Column], is_materialized: bool) {
        let at = self.top.at(slot);
        if is_materialized {
            let column = columns.iter().find(|column| column.is_ordered);
            if let Some(column) = column.filter(|_| at.chance("index", 40)) {
                let (id, index) = (format!("{slot} ix"), format!("{slot}_ix"));
                self.script.add(&*id, &[slot], format!("CREATE INDEX {index} ON {name} ({})", column.name));
                self.subject(&id, format!("INDEX {prefix}{index}"));
            }
            return;
        }
        if let Some(function) = self.function("touch").filter(|_| at.chance("trigger", 12)) {
            let (id, need) = (format!("{slot} tr"), function.id.clone());
            let event = at.one("event", &["INSERT", "UPDATE OR DELETE"]);
            let sql = format!(
                "CREATE TRIGGER {slot}_tr INSTEAD OF {event} ON {name} FOR EACH ROW EXECUTE FUNCTION {}()",
                function.name
            );
            self.script.add(&*id, &[slot, &need], sql);
            self.subject(&id, format!("TRIGGER {slot}_tr ON {name}"));
        }
        if at.chance("rule", 8) {
            let id = format!("{slot} ru");
            let sql = format!("CREATE RULE {slot}_ru AS ON INSERT TO {name} DO INSTEAD NOTHING");
            self.script.add(&*id, &[slot], sql);
            self.subject(&id, format!("RULE {slot}_ru ON {name}"));
        }
        if let Some(column) =
            columns.iter().find(|column| column.is_number && column.type_name == "integer" && at.chance("default", 8))
        {
            let sql = format!("ALTER VIEW {name} ALTER COLUMN {} SET DEFAULT {}", column.name, 1 + at.pick("value", 2));
            self.script.add(format!("{slot} default"), &[slot], sql);
        }
    }
}
