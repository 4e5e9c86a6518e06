//! Reading what the catalogue keeps in a row of its own beside relations, types and routines: operators, text search,
//! conversions, and in a database what belongs to no schema. Each kind describes its row; the server makes the
//! attributes of it, and all are read by one statement.

use schema_sync_store::{Attributes, Object, ObjectId};
use serde_json::Value;
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source};
use super::publication;

/// How one kind is read from its catalogue.
pub(super) struct Described {
    pub(super) kind: &'static str,
    /// The catalogue's OID.
    pub(super) class: u32,
    /// The catalogue, or a query of it; its rows are `x`.
    pub(super) catalogue: &'static str,
    /// The parts of the object's name, as `text[]`.
    pub(super) name: &'static str,
    /// The arguments of `jsonb_build_object` that make the attributes. Nulls are left out. Under `aliases` stand the
    /// addresses, `[class, OID]`, of the rows that the object is spread over beside its own; under `hidden`, true where
    /// the role may not see all.
    pub(super) attributes: fn(&Server) -> String,
}

impl Described {
    /// Of the rows of its catalogue.
    fn select(&self, server: &Server) -> String {
        let Self { kind, class, name, .. } = self;
        let attributes = (self.attributes)(server);
        format!(
            "SELECT '{kind}'::text, {class}::oid, x.oid, {name}, jsonb_strip_nulls(jsonb_build_object({attributes}))::text"
        )
    }

    /// Of those that are in the namespace at hand. Where nobody made any, nothing is looked for.
    fn in_schema(&self, server: &Server) -> String {
        let Self { class, catalogue, .. } = self;
        format!(
            "{} FROM pg_depend d JOIN {catalogue} x ON x.oid = d.objid WHERE d.refclassid = 2615 AND d.refobjid = t.ns \
             AND d.refobjsubid = 0 AND d.classid = {class} AND EXISTS (SELECT FROM {catalogue} m WHERE m.oid >= 16384)",
            self.select(server)
        )
    }

    /// Of those that are in no namespace. 16384 is the first OID that is not PostgreSQL's own.
    fn in_database(&self, server: &Server) -> String {
        format!("{} FROM {} x WHERE x.oid >= 16384", self.select(server), self.catalogue)
    }
}

/// What is in schemas.
const IN_SCHEMA: &[&Described] = &[
    &super::conversion::DESCRIBED,
    &super::operator::DESCRIBED,
    &super::operator_class::DESCRIBED,
    &super::operator_family::DESCRIBED,
    &super::text_search_configuration::DESCRIBED,
    &super::text_search_dictionary::DESCRIBED,
    &super::text_search_parser::DESCRIBED,
    &super::text_search_template::DESCRIBED,
];

/// What is in no schema, and exists where the tenant is a database.
const IN_DATABASE: &[&Described] = &[
    &super::access_method::DESCRIBED,
    &super::cast::DESCRIBED,
    &super::event_trigger::DESCRIBED,
    &super::foreign_data_wrapper::DESCRIBED,
    &super::language::DESCRIBED,
    &super::publication::DESCRIBED,
    &super::server::DESCRIBED,
    &super::subscription::DESCRIBED,
    &super::transform::DESCRIBED,
    &super::user_mapping::DESCRIBED,
];

/// The statement that reads [`IN_DATABASE`], with a first column as that of a namespace.
pub(in super::super) fn in_database(server: &Server) -> String {
    let selects: Vec<String> = IN_DATABASE.iter().map(|described| described.in_database(server)).collect();
    format!("SELECT NULL::oid, x.* FROM ({}) x", selects.join(" UNION ALL "))
}

pub(in super::super) const SOURCE: Source = Source { name: "described", body, read };

/// SQL for whether anybody made anything of [`IN_SCHEMA`]. Most databases have nothing: then [`SOURCE`] is not asked,
/// whose plan takes longer to make than all others together.
pub(in super::super) fn any_in_schema() -> String {
    let any = |described: &&Described| format!("EXISTS (SELECT FROM {} m WHERE m.oid >= 16384)", described.catalogue);
    format!("({})", IN_SCHEMA.iter().map(any).collect::<Vec<_>>().join(" OR "))
}

fn body(server: &Server) -> String {
    let selects: Vec<String> = IN_SCHEMA.iter().map(|described| described.in_schema(server)).collect();
    selects.join(" UNION ALL ")
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    take_in(cells, namespace.schema.clone(), reading)
}

/// Takes in a row of [`Described::select`] whose columns begin behind the first.
pub(in super::super) fn take_in(
    cells: &Cells<'_>,
    schema: Option<SmolStr>,
    reading: &mut Reading,
) -> Result<(), String> {
    let (class, oid): (u32, u32) = (cells.get(2)?, cells.get(3)?);
    if reading.is_extension_member(class, oid) {
        return Ok(());
    }
    let name: Vec<&str> = cells.get(4)?;
    let id = ObjectId::new(cells.get::<&str>(1)?, name).in_schema(schema);
    let parsed = serde_json::from_str(cells.get(5)?).map_err(|error| format!("{id}: {error}"))?;
    let mut attributes: Attributes = parsed;
    if attributes.remove("hidden").is_some() {
        return Err(format!("the role may not read the options of {id}: read as a superuser or as its owner"));
    }
    publication::keep_conditions(&mut attributes);
    let aliases = attributes.remove("aliases").unwrap_or_default();
    let address = (class, oid, 0);
    reading.add(address, Object { id, attributes, needs: std::collections::BTreeSet::new() });
    for alias in aliases.as_array().into_iter().flatten() {
        let part = |index: usize| alias.get(index).and_then(Value::as_u64).and_then(|part| u32::try_from(part).ok());
        if let (Some(class), Some(oid)) = (part(0), part(1)) {
            reading.alias((class, oid, 0), address);
        }
    }
    Ok(())
}

/// SQL for a thing's name, qualified where the search path does not find it, and null where there is no such thing.
/// `prefix` is what its catalogue's columns begin with, `word` what it is called in `pg_…_is_visible`.
pub(super) fn name_of(catalogue: &str, prefix: &str, word: &str, oid: &str) -> String {
    format!(
        "(SELECT CASE WHEN pg_{word}_is_visible(f.oid) THEN '' ELSE quote_ident(n.nspname) || '.' END || \
         quote_ident(f.{prefix}name) FROM {catalogue} f JOIN pg_namespace n ON n.oid = f.{prefix}namespace WHERE f.oid = {oid})"
    )
}

/// What a printed signature has before its arguments.
const NAME_OF_SIGNATURE: &str = r#"'^((?:"[^"]*"|[^"(])*)[(]'"#;

/// SQL for the name of a function, as [`name_of`]. Cutting off the arguments is cheaper to plan than asking two
/// catalogues; without them, the server qualifies the names of overloaded functions.
pub(super) fn function(oid: &str) -> String {
    format!("substring(nullif({oid}::oid, 0)::regprocedure::text FROM {NAME_OF_SIGNATURE})")
}

/// SQL for the name of an operator, as [`name_of`].
pub(super) fn operator(oid: &str) -> String {
    format!("'OPERATOR(' || substring(nullif({oid}::oid, 0)::regoperator::text FROM {NAME_OF_SIGNATURE}) || ')'")
}
