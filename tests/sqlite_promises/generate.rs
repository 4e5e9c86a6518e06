//! Schemas by chance: the same seed gives the same schema.

use fastrand::Rng;

const TABLES: [&str; 6] = ["users", "order", "a b", "Läden", "q\"uote", "T.1"];
const COLUMNS: [&str; 8] = ["id", "name", "Group", "x y", "größe", "d\"q", "new\nline", "z"];
const TYPES: [&str; 7] = ["INTEGER", "INT", "TEXT", "REAL", "BLOB", "VARCHAR(20)", ""];
const STRICT_TYPES: [&str; 6] = ["INTEGER", "INT", "TEXT", "REAL", "BLOB", "ANY"];

pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A schema as statements that may be run in any order that respects tables before what stands on them.
pub(crate) struct Schema {
    /// CREATE TABLE of each table; the order means nothing.
    pub(crate) tables: Vec<String>,
    /// Indexes, views and triggers; the order means nothing.
    pub(crate) others: Vec<String>,
    /// INSERT statements.
    pub(crate) rows: Vec<String>,
}

impl Schema {
    pub(crate) fn sql(&self) -> String {
        let statements: Vec<&str> = self.tables.iter().chain(&self.others).map(String::as_str).collect();
        statements.join(";\n")
    }

    /// The same schema, made in another order.
    pub(crate) fn shuffled(&self, rng: &mut Rng) -> String {
        let (mut tables, mut others) = (self.tables.clone(), self.others.clone());
        rng.shuffle(&mut tables);
        rng.shuffle(&mut others);
        tables.append(&mut others);
        tables.join(";\n")
    }
}

struct Column {
    name: &'static str,
    declared: &'static str,
    is_generated: bool,
}

pub(crate) fn schema(rng: &mut Rng) -> Schema {
    let mut schema = Schema { tables: Vec::new(), others: Vec::new(), rows: Vec::new() };
    let mut names = rng.choose_multiple(TABLES, 3);
    names.truncate(rng.usize(1..=3));
    for (number, table) in names.iter().enumerate() {
        let columns = add_table(rng, &mut schema, table, &names);
        add_others(rng, &mut schema, table, number, &columns, &names);
        add_rows(rng, &mut schema, table, &columns);
    }
    schema
}

fn add_table(rng: &mut Rng, schema: &mut Schema, table: &str, tables: &[&'static str]) -> Vec<Column> {
    let is_strict = rng.u8(0..5) == 0;
    let types: &[&'static str] = if is_strict { &STRICT_TYPES } else { &TYPES };
    let mut names = rng.choose_multiple(COLUMNS, 5);
    names.truncate(rng.usize(2..=5));
    let mut columns: Vec<Column> = Vec::new();
    let mut lines = Vec::new();
    for name in names {
        let declared = types[rng.usize(..types.len())];
        let mut line = format!("{} {declared}", quote(name));
        let source = columns.iter().find(|column| !column.is_generated).map(|column| column.name);
        let is_generated = rng.u8(0..8) == 0 && source.is_some() && !is_strict;
        if let (true, Some(source)) = (is_generated, source) {
            let keep = if rng.bool() { "STORED" } else { "VIRTUAL" };
            line.push_str(&format!(" AS (coalesce({}, 'none') || 'x') {keep}", quote(source)));
        } else {
            line.push_str(&values(rng, declared, name));
        }
        lines.push(line);
        columns.push(Column { name, declared, is_generated });
    }
    let plain: Vec<&Column> = columns.iter().filter(|column| !column.is_generated).collect();
    let key = plain[rng.usize(..plain.len())];
    let without_rowid = rng.u8(0..5) == 0;
    match rng.u8(0..4) {
        0 if key.declared == "INTEGER" && !without_rowid => {
            let line = lines.iter_mut().find(|line| line.starts_with(&quote(key.name)));
            if let Some(line) = line {
                let auto = if rng.bool() { " AUTOINCREMENT" } else { "" };
                line.push_str(&format!(" PRIMARY KEY{auto}"));
            }
        }
        0 | 1 => lines.push(format!("PRIMARY KEY ({})", quote(key.name))),
        _ if without_rowid => lines.push(format!("CONSTRAINT pk PRIMARY KEY ({} DESC)", quote(key.name))),
        _ => {}
    }
    if rng.u8(0..4) == 0 {
        // Not the key's own: which of two such keys SQLite keeps, and so in which order, depends on how they are written.
        let mut others = columns.iter().filter(|column| column.name != key.name);
        lines.extend(others.next_back().map(|column| format!("UNIQUE ({})", quote(column.name))));
    }
    if rng.u8(0..3) == 0 {
        let name = quote(columns[rng.usize(..columns.len())].name);
        let limit = rng.u8(0..3);
        let head = if rng.bool() { "CONSTRAINT ck " } else { "" };
        lines.push(format!("{head}CHECK ({name} IS NULL OR length({name}) > {limit})"));
    }
    if rng.u8(0..3) == 0 {
        let action = ["", " ON DELETE CASCADE", " ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED"][rng.usize(0..3)];
        let (own, parent) = (quote(plain[0].name), quote(tables[rng.usize(..tables.len())]));
        lines.push(format!("FOREIGN KEY ({own}) REFERENCES {parent}{action}"));
    }
    let options: Vec<&str> = [(is_strict, "STRICT"), (without_rowid, "WITHOUT ROWID")]
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, word)| *word)
        .collect();
    schema.tables.push(format!("CREATE TABLE {} ({}) {}", quote(table), lines.join(", "), options.join(", ")));
    columns
}

/// NOT NULL, collation and default.
fn values(rng: &mut Rng, declared: &str, name: &str) -> String {
    let fitting = match declared {
        "INTEGER" | "INT" => ["7", "-3", "(1 + 1)"],
        "REAL" => ["1.5", "2e3", "(1.0 / 3)"],
        "BLOB" => ["x'00ff'", "x''", "(x'01')"],
        _ => ["'it''s'", "''", "(lower('X'))"],
    };
    let mut text = String::new();
    match rng.u8(0..4) {
        0 => text.push_str(&format!(" NOT NULL DEFAULT {}", fitting[rng.usize(0..3)])),
        1 => text.push_str(&format!(" DEFAULT {}", fitting[rng.usize(0..3)])),
        _ => {}
    }
    if rng.u8(0..6) == 0 && name != "id" {
        text.push_str([" COLLATE NOCASE", " COLLATE RTRIM"][rng.usize(0..2)]);
    }
    text
}

fn add_others(
    rng: &mut Rng,
    schema: &mut Schema,
    table: &str,
    number: usize,
    columns: &[Column],
    tables: &[&'static str],
) {
    let (quoted, column) = (quote(table), quote(columns[rng.usize(..columns.len())].name));
    if rng.bool() {
        let unique = if rng.u8(0..4) == 0 { "UNIQUE " } else { "" };
        let term = [format!("{column} DESC"), format!("length({column})"), format!("{column} COLLATE NOCASE")];
        let condition = [String::new(), format!(" WHERE {column} IS NOT NULL")];
        schema.others.push(format!(
            "CREATE {unique}INDEX {} ON {quoted} ({}){}",
            quote(&format!("i {}", rng.u8(0..2) * 10 + number as u8)),
            term[rng.usize(0..3)],
            condition[rng.usize(0..2)]
        ));
    }
    if rng.bool() {
        let other = quote(tables[rng.usize(..tables.len())]);
        let query = [
            format!("SELECT {column} FROM {quoted}"),
            format!("SELECT count(*) AS n, max({column}) AS m FROM {quoted} WHERE {column} > 1"),
            format!("SELECT a.{column} FROM {quoted} AS a, {other} AS b"),
        ];
        schema.others.push(format!("CREATE VIEW {} AS {}", quote(&format!("v.{number}")), query[rng.usize(0..3)]));
    }
    if rng.bool() {
        let other = quote(tables[rng.usize(..tables.len())]);
        let event = ["INSERT", "DELETE", "UPDATE"][rng.usize(0..3)];
        let timing = ["BEFORE", "AFTER"][rng.usize(0..2)];
        schema.others.push(format!(
            "CREATE TRIGGER {} {timing} {event} ON {quoted} WHEN 0 BEGIN DELETE FROM {other}; SELECT 1; END",
            quote(&format!("tr;{number}"))
        ));
    }
}

/// Rows that differ in every column, of values that fit its type, some of them NULL where that may be.
fn add_rows(rng: &mut Rng, schema: &mut Schema, table: &str, columns: &[Column]) {
    let plain: Vec<&Column> = columns.iter().filter(|column| !column.is_generated).collect();
    let names: Vec<String> = plain.iter().map(|column| quote(column.name)).collect();
    for number in 0..rng.u32(0..=4) {
        let value = |column: &&Column| match column.declared {
            "INTEGER" | "INT" => format!("{}", 1000 + number * 7),
            "REAL" => format!("{}.25", 1000 + number),
            "BLOB" => format!("x'AABBCC{number:02}'"),
            _ => format!("'value {number}'"),
        };
        let values: Vec<String> = plain.iter().map(value).collect();
        let row =
            format!("INSERT OR IGNORE INTO {} ({}) VALUES ({})", quote(table), names.join(", "), values.join(", "));
        schema.rows.push(row);
    }
}
