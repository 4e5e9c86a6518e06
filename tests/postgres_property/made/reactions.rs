//! What a table does of itself: triggers, policies, rules.

use super::{Maker, Relation};

impl Maker {
    pub(super) fn triggers(&mut self, table: &Relation) {
        for kind in ["tr", "ts"] {
            let at = self.top.at(&table.slot).at(kind);
            let Some(function) = self.function("touch") else { return };
            if !self.with("triggers", 35) || !at.chance("is there", 35) {
                continue;
            }
            let (id, need) = (format!("{} {kind}", table.slot), function.id.clone());
            let column = table.columns.get(at.pick("column", table.columns.len().max(1)));
            let of = column
                .filter(|_| at.chance("of", 40))
                .map_or_else(String::new, |column| format!(" OF {}", column.name));
            let timing = match at.pick("timing", 5) {
                0 => "BEFORE INSERT".to_owned(),
                1 => format!("AFTER UPDATE{of}"),
                2 => "AFTER INSERT OR DELETE".to_owned(),
                3 => format!("BEFORE INSERT OR UPDATE{of}"),
                _ => "AFTER TRUNCATE".to_owned(),
            };
            let mut each = if timing.contains("TRUNCATE") { " FOR EACH STATEMENT" } else { " FOR EACH ROW" }.to_owned();
            let mut words = "CREATE TRIGGER";
            if timing.starts_with("AFTER INSERT") {
                match at.pick("sort", 3) {
                    1 => {
                        words = "CREATE CONSTRAINT TRIGGER";
                        each.insert_str(0, " DEFERRABLE INITIALLY DEFERRED");
                    }
                    2 if table.partition_key.is_none() => {
                        each = " FOR EACH STATEMENT".to_owned();
                    }
                    _ => {}
                }
            }
            if each.ends_with("ROW")
                && !timing.contains("DELETE")
                && let Some(column) =
                    column.filter(|column| column.is_ordered && !column.is_generated && at.chance("when", 30))
            {
                each.push_str(&format!(" WHEN (NEW.{} IS NOT NULL)", column.name));
            }
            let name = self.name(&at, &format!("{}_{kind}", table.slot));
            let sql = format!("{words} {name} {timing} ON {}{each} EXECUTE FUNCTION {}()", table.name, function.name);
            self.script.add(&*id, &[&table.id, &need], sql);
            self.subject(&id, format!("TRIGGER {name} ON {}", table.name));
            let state = at.mostly("state", 85, &["", "DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA"]);
            if !state.is_empty() {
                let sql = format!("ALTER TABLE {} {state} TRIGGER {name}", table.name);
                let mut needs = self.parts_of_partitioned(&table.slot);
                needs.push(id.clone());
                let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
                self.script.add(format!("{id} state"), &needs, sql);
            }
        }
    }

    pub(super) fn policies(&mut self, table: &Relation) {
        for kind in ["pa", "pb"] {
            let at = self.top.at(&table.slot).at(kind);
            let Some(column) = table.columns.get(at.pick("column", table.columns.len().max(1))) else { return };
            if !self.with("policies", 25) || !at.chance("is there", 40) {
                continue;
            }
            let sort = at.mostly("sort", 75, &["", " AS RESTRICTIVE"]);
            let command = at.one("command", &["ALL", "SELECT", "INSERT", "UPDATE"]);
            let roles = at.mostly("roles", 60, &["", " TO fuzz_reader", " TO fuzz_reader, CURRENT_USER"]);
            let mut needs = vec![table.id.clone()];
            let other = self.relations.iter().find(|each| each.slot == "t1" && each.slot != table.slot);
            let expression = match (at.pick("expression", 4), other, self.function("f0")) {
                (1, Some(other), _) => {
                    needs.push(other.id.clone());
                    format!("EXISTS (SELECT 1 FROM {} o WHERE o.{} IS NOT NULL)", other.name, other.columns[0].name)
                }
                (2, _, Some(function)) => {
                    needs.push(function.id.clone());
                    format!("{}(1) > 0", function.name)
                }
                (3, ..) => "true".to_owned(),
                _ => format!("{} IS NOT NULL", column.name),
            };
            let clauses = match command {
                "SELECT" => format!("USING ({expression})"),
                "INSERT" => format!("WITH CHECK ({expression})"),
                _ => format!("USING ({expression}) WITH CHECK ({})", at.one("check", &["true", "false"])),
            };
            let id = format!("{} {kind}", table.slot);
            let name = self.name(&at, &format!("{}_{kind}", table.slot));
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            let sql = format!("CREATE POLICY {name} ON {}{sort} FOR {command}{roles} {clauses}", table.name);
            self.script.add(&*id, &needs, sql);
            self.subject(&id, format!("POLICY {name} ON {}", table.name));
        }
    }

    pub(super) fn rules(&mut self, table: &Relation) {
        let at = self.top.at(&table.slot).at("ru");
        let Some(column) = table.columns.first() else { return };
        if !self.with("rules", 15) || !at.chance("is there", 40) {
            return;
        }
        let mut needs = vec![table.id.clone()];
        let other = self.relations.iter().find(|each| each.slot == "t1" && each.slot != table.slot);
        let action = match (at.pick("action", 4), other) {
            (0, Some(other)) => {
                needs.push(other.id.clone());
                format!("ON DELETE TO {} DO ALSO DELETE FROM {} WHERE false", table.name, other.name)
            }
            (1, _) => format!("ON UPDATE TO {} WHERE OLD.{} IS NULL DO INSTEAD NOTHING", table.name, column.name),
            (2, _) => format!("ON UPDATE TO {} DO ALSO NOTIFY changed", table.name),
            _ => format!("ON DELETE TO {} DO INSTEAD NOTHING", table.name),
        };
        let id = format!("{} ru", table.slot);
        let name = self.name(&at, &format!("{}_ru", table.slot));
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        self.script.add(&*id, &needs, format!("CREATE RULE {name} AS {action}"));
        self.subject(&id, format!("RULE {name} ON {}", table.name));
    }
}
