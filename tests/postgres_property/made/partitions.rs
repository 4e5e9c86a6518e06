//! Partitioned tables, their partitions, and what may be one on one side and stand alone on the other.

use super::{Column, Maker, Relation};

impl Maker {
    pub(super) fn partitioned(&mut self) {
        if !self.with("partitions", 30) {
            return;
        }
        for slot in ["pt", "pu"] {
            let at = self.top.at(slot);
            let is_there = at.chance("is there", if slot == "pt" { 85 } else { 35 });
            if is_there || self.is_referred_to(slot) {
                self.partitioned_table(slot);
            }
        }
    }

    fn partitioned_table(&mut self, slot: &'static str) {
        let at = self.top.at(slot);
        let (prefix, schema) = self.prefix(&at, slot);
        let name = format!("{prefix}{}", self.name(&at, slot));
        let lines = self.columns(&at, slot, schema);
        let key = lines[0].column.name.clone();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let mut needs: Vec<&str> = lines.iter().flat_map(|line| line.needs.iter().map(String::as_str)).collect();
        needs.push(schema);
        // Another strategy makes the table anew.
        let strategy = at.mostly("strategy", 60, &["RANGE", "LIST", "HASH"]);
        let sql = format!("CREATE TABLE {name} ({}) PARTITION BY {strategy} ({key})", texts.join(", "));
        self.script.add(slot, &needs, sql);
        let columns: Vec<Column> = lines.iter().map(|line| line.column.clone()).collect();
        self.new_table(slot, name.clone(), prefix.clone(), columns.clone());
        if let Some(table) = self.relations.last_mut() {
            table.partition_key = Some(key.clone());
        }
        for (place, part) in ["a", "b", "c", "rest"].into_iter().enumerate() {
            let at = at.at(part);
            let Some(bound) = bound(strategy, place, at.pick("bound", 2)) else { continue };
            // Rows of a partition that goes may fit no other, and those of the default one may fit one that comes.
            let has_rows = self.with_rows && ["a", "rest"].contains(&part);
            if !has_rows && !at.chance("is there", 65) {
                continue;
            }
            let id = format!("{slot}_{part}");
            let (prefix, schema) = self.prefix(&at, &id);
            let own_name = format!("{prefix}{}", self.name(&at, &id));
            let is_divided = part == "b" && at.chance("divided", 30);
            let divided = if is_divided { format!(" PARTITION BY LIST ({key})") } else { String::new() };
            let stands_alone = at.shared("stands alone", 10) == 9;
            if stands_alone || at.chance("is attached", 40) {
                let sql = format!("CREATE TABLE {own_name} ({}){divided}", texts.join(", "));
                let mut needs = needs.clone();
                needs.push(schema);
                self.script.add(id.clone(), &needs, sql);
                if !stands_alone {
                    let sql = format!("ALTER TABLE {name} ATTACH PARTITION {own_name} {bound}");
                    self.script.add(format!("{id} attached"), &[slot, &id], sql);
                }
            } else {
                let sql = format!("CREATE TABLE {own_name} PARTITION OF {name} {bound}{divided}");
                self.script.add(id.clone(), &[slot, schema], sql);
            }
            self.partition(&id, own_name.clone(), prefix, columns.clone(), !stands_alone);
            if is_divided && at.chance("second level", 70) {
                let below = format!("{id}_x");
                let sql = format!("CREATE TABLE {below} PARTITION OF {own_name} DEFAULT");
                self.script.add(below.clone(), &[&id], sql);
                self.partition(&below, below.clone(), String::new(), columns.clone(), true);
            }
        }
    }

    fn partition(&mut self, id: &str, name: String, prefix: String, columns: Vec<Column>, is_partition: bool) {
        self.subject(id, format!("TABLE {name}"));
        self.relations.push(Relation {
            slot: id.to_owned(),
            id: id.to_owned(),
            name,
            prefix,
            columns,
            is_table: true,
            is_partition,
            partition_key: None,
        });
    }
}

/// The values of a partition: rows have the keys 1 to 3, so only bounds that keep them where they are may vary.
fn bound(strategy: &str, place: usize, variant: usize) -> Option<String> {
    let bounds: [[&str; 4]; 3] = [
        ["FROM (0) TO (10)", "FROM (10) TO (20)", "FROM (20) TO (30)", ""],
        ["IN (1, 2, 3)", "IN (11, 12)", "IN (21, NULL)", ""],
        ["WITH (modulus 2, remainder 0)", "WITH (modulus 4, remainder 1)", "WITH (modulus 4, remainder 3)", "-"],
    ];
    let others: [&str; 3] = ["FROM (10) TO (18)", "IN (11)", "WITH (modulus 4, remainder 1)"];
    let row = ["RANGE", "LIST", "HASH"].iter().position(|each| *each == strategy)?;
    match (place, variant, bounds[row][place]) {
        (3, _, "-") => None,
        (3, _, _) => Some("DEFAULT".to_owned()),
        (1, 1, _) => Some(format!("FOR VALUES {}", others[row])),
        (_, _, text) => Some(format!("FOR VALUES {text}")),
    }
}
