//! Schemas made up from choices: a slot a thing, so that both schemas of a pair speak of the same things, and each is
//! there or not, plain or elaborate, as the choices say. A column's name tells what may be in it: rows survive every
//! change of type, as numbers are small and whole and all enums have the value `a`.

mod database;
mod handlers;
mod partitions;
mod parts;
mod reactions;
mod routines;
mod tables;
mod text_search;
mod types;
mod views;

use std::rc::Rc;

use crate::choices::{Below, Choices};
use crate::script::Script;

/// A schema as statements, and statements that fill its tables, of which any may fail.
pub(crate) struct Made {
    pub(crate) script: Script,
    pub(crate) rows: Vec<String>,
    /// Whether the tenant is a schema and not a database.
    pub(crate) is_in_schema: bool,
}

/// A schema that a server of this major version can hold.
pub(crate) fn schema(choices: Rc<Choices>, version: u32) -> Made {
    let mut maker = Maker::new(Below::top(choices), version);
    maker.schemas();
    maker.types();
    maker.sequences();
    maker.access_methods();
    maker.language();
    maker.routines();
    maker.transforms();
    maker.tables();
    maker.partitioned();
    maker.parts();
    maker.views();
    maker.routines_over_relations();
    maker.text_search();
    maker.database();
    maker.comments();
    Made { is_in_schema: maker.is_in_schema(), script: maker.script, rows: maker.rows }
}

/// A type that a column may have.
#[derive(Clone)]
struct Type {
    /// Its slot, which columns of it are named after.
    slot: String,
    id: String,
    name: String,
    /// An expression for a value of it, over a number `n`.
    value: String,
    /// Whether it has a default btree operator class.
    is_ordered: bool,
}

#[derive(Clone)]
struct Column {
    slot: &'static str,
    name: String,
    type_name: String,
    /// As in [`Type`]; none where it fills itself.
    value: Option<String>,
    is_number: bool,
    is_ordered: bool,
    is_generated: bool,
}

/// A table or a view.
#[derive(Clone)]
struct Relation {
    slot: String,
    id: String,
    name: String,
    /// The name of its schema with a dot, or nothing.
    prefix: String,
    columns: Vec<Column>,
    is_table: bool,
    is_partition: bool,
    partition_key: Option<String>,
}

impl Relation {
    fn column(&self, slot: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.slot == slot)
    }
}

struct Function {
    slot: &'static str,
    id: String,
    /// As it is called: its name.
    name: String,
}

struct Maker {
    top: Below,
    version: u32,
    script: Script,
    rows: Vec<String>,
    with_rows: bool,
    types: Vec<Type>,
    functions: Vec<Function>,
    sequences: Vec<(&'static str, String, String)>,
    /// The access method of tables beside the server's own.
    heap: Option<String>,
    language: Option<String>,
    relations: Vec<Relation>,
    /// What may have a comment: statement, and the object as COMMENT names it.
    subjects: Vec<(String, String)>,
}

/// In how many of a hundred pairs tables may have children.
const INHERITANCE: usize = 30;

/// In how many of a hundred pairs the tenants are schemas.
const IN_SCHEMAS: usize = 15;

/// Schemas beside the tenant's own.
const SCHEMAS: [&str; 2] = ["other", "\"Third one\""];

impl Maker {
    fn new(top: Below, version: u32) -> Self {
        Self {
            with_rows: top.shared("with rows", 2) == 0,
            top,
            version,
            script: Script::default(),
            rows: Vec::new(),
            types: Vec::new(),
            functions: Vec::new(),
            sequences: Vec::new(),
            heap: None,
            language: None,
            relations: Vec::new(),
            subjects: Vec::new(),
        }
    }

    /// Whether both schemas of the pair may have some sort of things: each pair has a few sorts only.
    fn with(&self, sort: &str, percent: usize) -> bool {
        self.top.at("with").shared(sort, 100) >= 100 - percent
    }

    /// Whether tables may have children. Not from PostgreSQL 18 on, until a not-null constraint that a child has from its
    /// parent alone can become its own and the other way.
    fn inherits(&self) -> bool {
        self.version < 18 && self.with("inheritance", INHERITANCE)
    }

    /// Whether the tenants of the pair are schemas: what is elsewhere is none of theirs.
    fn is_in_schema(&self) -> bool {
        self.with("tenants that are schemas", IN_SCHEMAS)
    }

    /// A name for a slot; in some pairs one that must be quoted with care.
    fn name(&self, at: &Below, slot: &str) -> String {
        if !self.with("hostile names", 15) {
            return slot.to_owned();
        }
        let names = [
            slot.to_owned(),
            format!("\"{slot} Upper\""),
            format!("\"{slot}.dot\"\"quote'$$\""),
            format!("\"{slot}--/* %s \\\""),
            format!("\"{slot} ünï\tcode\""),
        ];
        if self.is_kin(slot) || self.is_referred_to(slot) {
            return names[at.shared("name", names.len())].clone();
        }
        if at.chance("name set", 60) { names[at.pick("name", names.len())].clone() } else { names[0].clone() }
    }

    /// The schema for a thing, with a dot, and the statement that makes the schema.
    fn prefix(&self, at: &Below, slot: &str) -> (String, &'static str) {
        let is_one_of_both = self.is_kin(slot) || self.is_referred_to(slot);
        let is_elsewhere = || if is_one_of_both { at.shared("elsewhere", 3) == 2 } else { at.chance("elsewhere", 35) };
        if !self.with("schemas", 30) || !is_elsewhere() {
            return (String::new(), "");
        }
        let place = if is_one_of_both { at.shared("schema", SCHEMAS.len()) } else { at.pick("schema", SCHEMAS.len()) };
        let id = ["schema other", "schema third"][place];
        if self.script.has(id) { (format!("{}.", SCHEMAS[place]), id) } else { (String::new(), "") }
    }

    /// Whether the table of a slot is a parent or a child of others: it goes by one name on both sides.
    fn is_kin(&self, slot: &str) -> bool {
        let is_parent = self.inherits() && ["t0", "t1"].contains(&slot);
        is_parent || ["in0", "in1"].contains(&slot) || slot.starts_with("pt") || slot.starts_with("pu")
    }

    /// Whether rows of other tables may refer to those of a table: what comes is empty, so that it is on both sides.
    fn is_referred_to(&self, slot: &str) -> bool {
        self.with_rows && ["t0", "t1", "t2", "pt"].contains(&slot)
    }

    fn schemas(&mut self) {
        if self.is_in_schema() {
            return;
        }
        for (place, id) in ["schema other", "schema third"].into_iter().enumerate() {
            let is_needed = self.with_rows || self.inherits() || self.with("partitions", 30);
            let is_there = is_needed || self.top.chance(id, 70);
            if self.with("schemas", 30) && is_there {
                self.script.add(id, &[], format!("CREATE SCHEMA {}", SCHEMAS[place]));
                self.subject(id, format!("SCHEMA {}", SCHEMAS[place]));
            }
        }
    }

    fn subject(&mut self, id: &str, target: String) {
        self.subjects.push((id.to_owned(), target));
    }

    fn type_of_slot(&self, slot: &str) -> Option<&Type> {
        self.types.iter().find(|each| each.slot == slot)
    }

    fn function(&self, slot: &str) -> Option<&Function> {
        self.functions.iter().find(|each| each.slot == slot)
    }

    fn comments(&mut self) {
        if !self.with("comments", 40) {
            return;
        }
        let top = self.top.at("comment");
        for (id, target) in std::mem::take(&mut self.subjects) {
            let at = top.at(&id).at(target.split(' ').next().unwrap_or_default());
            if at.chance("is there", 25) {
                let text = at.one("text", &["'one'", "'it''s'", "E'two\\nlines'", "'-- $$ /*'"]);
                self.script.add(format!("comment on {target}"), &[&id], format!("COMMENT ON {target} IS {text}"));
            }
        }
    }
}
