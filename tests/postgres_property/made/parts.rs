//! What belongs to a table: constraints, indexes, statistics, flags.

use super::{Column, Maker, Relation};
use crate::choices::Below;

impl Maker {
    pub(super) fn parts(&mut self) {
        let tables: Vec<Relation> = self.relations.iter().filter(|each| each.is_table).cloned().collect();
        // References go to keys, so all keys come first.
        let keys: Vec<bool> = tables.iter().map(|table| self.keys(table)).collect();
        for table in &tables {
            self.checks(table);
            self.indexes(table);
            self.exclusion(table);
            self.statistics(table);
            self.triggers(table);
            self.policies(table);
            self.rules(table);
            self.flags(table);
            let targets = tables.iter().zip(&keys).filter(|(_, has_key)| **has_key).map(|(other, _)| other);
            self.references(table, &targets.collect::<Vec<_>>());
        }
        self.ownership(&tables);
    }

    fn constraint(&mut self, table: &Relation, at: &Below, kind: &str, needs: &[&str], text: &str) {
        let id = format!("{} {kind}", table.slot);
        let name = self.name(at, &format!("{}_{kind}", table.slot));
        let mut all = vec![table.id.as_str()];
        all.extend_from_slice(needs);
        self.script.add(&*id, &all, format!("ALTER TABLE {} ADD CONSTRAINT {name} {text}", table.name));
        self.subject(&id, format!("CONSTRAINT {name} ON {}", table.name));
    }

    /// The table's primary key and unique constraints; answers whether its first column is a key.
    fn keys(&mut self, table: &Relation) -> bool {
        // With rows, what comes would have no values.
        let first = table.columns.first().filter(|_| !self.with_rows);
        let Some(id) = table.column("id").or(first) else { return false };
        let at = self.top.at(&table.slot).at("key");
        let deferral = at.mostly("deferral", 90, &["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"]);
        let include = table.column("ref").filter(|_| at.chance("include", 10));
        let include = include.map_or_else(String::new, |column| format!(" INCLUDE ({})", column.name));
        let percent = if table.is_partition {
            0
        } else if table.slot == "t0" {
            90
        } else {
            65
        };
        let mut has_key = false;
        if at.chance("is there", percent) {
            let words = at.mostly("words", 85, &["PRIMARY KEY", "UNIQUE"]);
            self.constraint(table, &at, "key", &[], &format!("{words} ({}){include}{deferral}", id.name));
            has_key = deferral.is_empty();
        }
        let at = self.top.at(&table.slot).at("un");
        let other = table.column("n0").filter(|column| !column.is_generated);
        if let Some(other) = other.filter(|_| !table.is_partition && at.chance("is there", 25)) {
            // With rows, what is made anew may be the same in all of them.
            let with_id = self.with_rows || table.partition_key.is_some() || at.chance("with id", 40);
            let first = if with_id { format!("{}, ", id.name) } else { String::new() };
            let deferral = at.mostly("deferral", 80, &["", " DEFERRABLE"]);
            self.constraint(table, &at, "un", &[], &format!("UNIQUE ({first}{}){deferral}", other.name));
        }
        has_key
    }

    fn checks(&mut self, table: &Relation) {
        for kind in ["ck", "cl", "cn"] {
            let at = self.top.at(&table.slot).at(kind);
            // With rows, what comes would have the same value in all of them, which may be none of these.
            let first = table.columns.first().filter(|column| !self.with_rows || column.slot == "id");
            let number = table.column("ref").or(first);
            let Some(column) = number.filter(|_| at.chance("is there", 25)) else { continue };
            let limit = 1000 + at.pick("limit", 2);
            let name = &column.name;
            let mut needs: Vec<String> = Vec::new();
            let text = match at.pick("shape", 6) {
                0 if column.slot == "ref" || column.slot == "id" => format!("({name} < {limit})"),
                0 | 1 => format!("({name}::text <> '') NO INHERIT"),
                2 => format!("({name} IN (1, 2, 3, {limit}) OR {name} IS NULL)"),
                3 if column.slot == "ref" || column.slot == "id" => format!("({name} > 0) NOT VALID"),
                4 => match self.function("f1") {
                    Some(function) => {
                        needs.push(function.id.clone());
                        format!("({}({name}::integer) >= 0)", function.name)
                    }
                    None => format!("({name} BETWEEN 0 AND {limit})"),
                },
                _ => match table.columns.iter().find(|column| column.slot == "e0") {
                    Some(column) => format!("({} = 'a' OR {name} > {limit} - 1000)", column.name),
                    None => format!("({name} IS NULL OR NOT {name} = ANY ('{{7,8}}'))"),
                },
            };
            if self.is_partitioned(table) && text.contains("NO INHERIT") {
                continue;
            }
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            self.constraint(table, &at, kind, &needs, &format!("CHECK {text}"));
        }
    }

    fn references(&mut self, table: &Relation, targets: &[&Relation]) {
        for kind in ["fk", "fl"] {
            let at = self.top.at(&table.slot).at(kind);
            let Some(column) = table.column("ref") else { continue };
            if table.is_partition || targets.is_empty() || !at.chance("is there", 30) {
                continue;
            }
            let wanted = at.one("target", &["t0", "t1", "pt", "t2", "t0"]);
            let Some(target) = targets.iter().find(|target| target.slot == wanted) else { continue };
            if self.is_unlogged(target) && !self.is_unlogged(table) {
                continue;
            }
            let action =
                at.one("action", &["", " ON DELETE CASCADE", " ON UPDATE CASCADE ON DELETE SET NULL", " MATCH FULL"]);
            let mut more =
                at.mostly("deferral", 70, &["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED", " NOT VALID"]);
            if table.partition_key.is_some() && more == " NOT VALID" {
                more = "";
            }
            let key = &target.columns[0].name;
            let text = format!("FOREIGN KEY ({}) REFERENCES {} ({key}){action}{more}", column.name, target.name);
            let need = format!("{} key", target.slot);
            let attached: Vec<String> = self.parts_of_partitioned(&target.slot);
            let mut needs: Vec<&str> = attached.iter().map(String::as_str).collect();
            needs.push(&need);
            self.constraint(table, &at, kind, &needs, &text);
        }
    }

    fn made_with(&self, table: &Relation, words: &str) -> bool {
        self.script.statements.iter().any(|statement| statement.id == table.id && statement.sql.contains(words))
    }

    fn is_partitioned(&self, table: &Relation) -> bool {
        self.made_with(table, " PARTITION BY ")
    }

    pub(super) fn is_unlogged(&self, table: &Relation) -> bool {
        self.made_with(table, "CREATE UNLOGGED ")
    }

    /// The statements that attach partitions: a reference to a table that gets one later is the same in the end.
    pub(super) fn parts_of_partitioned(&self, slot: &str) -> Vec<String> {
        let prefix = format!("{slot}_");
        let ids = self.script.statements.iter().map(|statement| &statement.id);
        ids.filter(|id| id.starts_with(&prefix)).cloned().collect()
    }

    fn indexes(&mut self, table: &Relation) {
        for kind in ["ix", "iy", "iz"] {
            let at = self.top.at(&table.slot).at(kind);
            let columns: Vec<&Column> = table.columns.iter().filter(|column| column.is_ordered).collect();
            if columns.is_empty() || !at.chance("is there", 30) {
                continue;
            }
            let wanted = at.one("column", &["n0", "ref", "n1", "id", "d", "ch", "e0", "g"]);
            let column = columns.iter().find(|column| column.slot == wanted).unwrap_or(&columns[0]);
            let name = &column.name;
            let order = at.mostly("order", 70, &["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]);
            let mut needs = vec![table.id.clone()];
            let mut text = match at.pick("shape", 8) {
                0 | 1 => format!("({name}{order})"),
                2 if column.is_number => format!("(({name}::text){order}, {})", columns[0].name),
                3 => format!("USING hash ({name})"),
                4 => format!("({name}{order}) INCLUDE ({})", columns[0].name),
                5 => format!("USING brin ({name}) WITH (pages_per_range=16)"),
                6 if column.is_number => match self.function("f0").filter(|_| column.type_name == "integer") {
                    Some(function) => {
                        needs.push(function.id.clone());
                        format!("({}({name}))", function.name)
                    }
                    None => format!("(({name} IS NULL))"),
                },
                7 if self.function("opc").is_some() && column.type_name == "integer" => {
                    needs.push("opc".to_owned());
                    format!("USING hash ({name} {})", self.function("opc").map_or("", |class| &class.name))
                }
                _ => format!("(({name} IS NULL)) WITH (fillfactor=80)"),
            };
            if at.chance("partial", 20) {
                text.push_str(&format!(" WHERE {} IS NOT NULL", columns[at.pick("where", columns.len())].name));
            }
            let id = format!("{} {kind}", table.slot);
            let index = self.name(&at, &format!("{}_{kind}", table.slot));
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            self.script.add(&*id, &needs, format!("CREATE INDEX {index} ON {} {text}", table.name));
            self.subject(&id, format!("INDEX {}{index}", table.prefix));
            if !self.is_partitioned(table)
                && at.chance("clustered", 8)
                && text.starts_with(&format!("({name}"))
                && !text.contains("WHERE")
            {
                let sql = format!("ALTER TABLE {} CLUSTER ON {index}", table.name);
                self.script.add(format!("{} cluster", table.slot), &[&id], sql);
            }
        }
        let at = self.top.at(&table.slot).at("iu");
        let (Some(id_column), Some(other)) = (table.columns.first(), table.column("n1")) else { return };
        if !table.is_partition && at.chance("is there", 15) {
            let id = format!("{} iu", table.slot);
            let index = self.name(&at, &format!("{}_iu", table.slot));
            let nulls = at.mostly("nulls", 80, &["", " NULLS NOT DISTINCT"]);
            let sql =
                format!("CREATE UNIQUE INDEX {index} ON {} ({}, {}){nulls}", table.name, id_column.name, other.name);
            self.script.add(&*id, &[&table.id], sql);
            self.subject(&id, format!("INDEX {}{index}", table.prefix));
        }
    }

    fn exclusion(&mut self, table: &Relation) {
        let at = self.top.at(&table.slot).at("ex");
        let Some(range) = table.column("rg") else { return };
        if table.partition_key.is_some() || table.is_partition || self.with_rows || !at.chance("is there", 50) {
            return;
        }
        let more = at.mostly("more", 60, &["", " WHERE (true)", " DEFERRABLE"]);
        self.constraint(table, &at, "ex", &[], &format!("EXCLUDE USING gist ({} WITH &&){more}", range.name));
    }

    fn statistics(&mut self, table: &Relation) {
        let at = self.top.at(&table.slot).at("st");
        if !self.with("statistics", 25) || !at.chance("is there", 40) {
            return;
        }
        let ordered: Vec<&Column> =
            table.columns.iter().filter(|column| column.is_ordered && !column.is_generated).collect();
        let [first, .., last] = ordered.as_slice() else { return };
        let kinds = at.one("kinds", &["", " (ndistinct)", " (mcv, dependencies)"]);
        let columns = match at.pick("expression", 3) {
            0 => format!("({}::text)", first.name),
            1 => format!("{}, ({}::text)", first.name, last.name),
            _ => format!("{}, {}", first.name, last.name),
        };
        let kinds = if columns.starts_with('(') { "" } else { kinds };
        let id = format!("{} st", table.slot);
        let name = format!("{}{}", table.prefix, self.name(&at, &format!("{}_st", table.slot)));
        self.script.add(
            &*id,
            &[&table.id],
            format!("CREATE STATISTICS {name}{kinds} ON {columns} FROM {}", table.name),
        );
        self.subject(&id, format!("STATISTICS {name}"));
        if at.chance("target", 20) {
            let target = at.one("value", &["100", "0"]);
            self.script.add(format!("{id} target"), &[&id], format!("ALTER STATISTICS {name} SET STATISTICS {target}"));
        }
    }

    /// What ALTER TABLE alone says.
    fn flags(&mut self, table: &Relation) {
        let at = self.top.at(&table.slot).at("flag");
        if !self.with("flags", 30) {
            return;
        }
        let column = table.columns.get(at.pick("column", table.columns.len().max(1))).map(|column| column.name.clone());
        let mut flags = vec![
            ("security", "ENABLE ROW LEVEL SECURITY".to_owned()),
            ("forced", "FORCE ROW LEVEL SECURITY".to_owned()),
            ("identity", at.one("of identity", &["REPLICA IDENTITY FULL", "REPLICA IDENTITY NOTHING"]).to_owned()),
        ];
        if let Some(column) = column {
            flags.push((
                "statistics",
                format!("ALTER COLUMN {column} SET STATISTICS {}", at.one("target", &["10", "0"])),
            ));
            flags.push((
                "options",
                format!("ALTER COLUMN {column} SET (n_distinct={})", at.one("count", &["5", "-0.5"])),
            ));
        }
        if let Some(column) = table.columns.iter().find(|column| column.type_name == "text") {
            let storage = at.one("of storage", &["MAIN", "EXTERNAL", "PLAIN"]);
            flags.push(("storage", format!("ALTER COLUMN {} SET STORAGE {storage}", column.name)));
        }
        for (flag, clause) in flags {
            if at.chance(flag, 12) {
                // Children that are made later would have it from the beginning.
                let mut needs = self.parts_of_partitioned(&table.slot);
                needs.extend(["in0", "in1"].into_iter().filter(|child| *child != table.slot).map(str::to_owned));
                needs.push(table.id.clone());
                let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
                self.script.add(
                    format!("{} {flag}", table.slot),
                    &needs,
                    format!("ALTER TABLE ONLY {} {clause}", table.name),
                );
            }
        }
    }

    /// Sequences that are owned by columns.
    fn ownership(&mut self, tables: &[Relation]) {
        for (slot, id, name) in self.sequences.clone() {
            let at = self.top.at(slot);
            let wanted = at.one("owner", &["t0", "t1"]);
            let Some(table) = tables.iter().find(|table| table.slot == wanted) else { continue };
            if at.chance("owned", 25) && !name.contains('.') && table.prefix.is_empty() {
                let column = &table.columns[at.pick("owning column", table.columns.len())].name;
                let sql = format!("ALTER SEQUENCE {name} OWNED BY {}.{column}", table.name);
                self.script.add(format!("{slot} owned"), &[&id, &table.id], sql);
            }
        }
    }
}
