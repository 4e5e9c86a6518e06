//! The kinds of PostgreSQL: one file a kind, one line in [`KINDS`].

pub(super) mod aggregate;
pub(super) mod check;
pub(super) mod collation;
pub(super) mod column;
mod column_change;
pub(super) mod comment;
pub(super) mod composite_type;
pub(super) mod constraint;
pub(super) mod default;
pub(super) mod dependency;
pub(super) mod domain;
pub(super) mod enumeration;
pub(super) mod exclusion;
pub(super) mod extension;
pub(super) mod foreign_key;
pub(super) mod index;
mod index_mark;
mod joining;
pub(super) mod key;
mod lineage;
pub(super) mod policy;
pub(super) mod range_type;
pub(super) mod relation;
mod remade_type;
pub(super) mod routine;
pub(super) mod rule;
pub(super) mod schema;
pub(super) mod sequence;
mod shared;
pub(super) mod statistics;
pub(super) mod table;
pub(super) mod trigger;
mod typed_table;
pub(super) mod types;
pub(super) mod unmodelled;
pub(super) mod view;

use crate::kind::{Dialect, Kind};

use shared::{
    SHADOWED, columns_exist, comments_of, constraint_name, deferral, drop_constraint, found_by_bare_name, index_name,
    is_partitioned, mentions, options_text, relation_name, type_name, validate_constraint,
};

use super::catalog::{Reading, Source};

/// All kinds, sorted by name.
const KINDS: &[&dyn Kind] = &[
    &aggregate::Aggregate,
    &check::Check,
    &collation::Collation,
    &column::Column,
    &comment::Comment,
    &composite_type::CompositeType,
    &default::Default,
    &domain::Domain,
    &enumeration::Enumeration,
    &exclusion::Exclusion,
    &extension::Extension,
    &foreign_key::ForeignKey,
    &routine::FUNCTION,
    &index::Index,
    &view::MATERIALIZED_VIEW,
    &policy::Policy,
    &key::PRIMARY_KEY,
    &routine::PROCEDURE,
    &range_type::RangeType,
    &rule::Rule,
    &schema::Schema,
    &sequence::Sequence,
    &statistics::Statistics,
    &table::Table,
    &trigger::Trigger,
    &key::UNIQUE,
    &view::VIEW,
];

/// Where objects are read from, in an order in which each finds what it refers to.
pub(super) const SOURCES: &[&Source] = &[
    &relation::SOURCE,
    &column::SOURCE,
    &default::SOURCE,
    &index::SOURCE,
    &constraint::SOURCE,
    &types::SOURCE,
    &range_type::SOURCE,
    &collation::SOURCE,
    &routine::SOURCE,
    &aggregate::SOURCE,
    &rule::SOURCE,
    &trigger::SOURCE,
    &policy::SOURCE,
    &statistics::SOURCE,
    &unmodelled::SOURCE,
    &dependency::SOURCE,
    &comment::SOURCE,
];

/// What must happen when all rows of a source are read, and before those of the next are.
pub(super) fn after(source: &str, reading: &mut Reading) -> Result<(), String> {
    match source {
        "column" => table::finish(reading),
        "constraint" => index::finish(reading)?,
        _ => {}
    }
    Ok(())
}

/// PostgreSQL as planning knows it.
#[derive(Debug, Clone, Copy)]
pub struct PostgresDialect;

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    fn kind(&self, name: &str) -> Option<&'static dyn Kind> {
        let index = KINDS.binary_search_by(|kind| kind.name().cmp(name)).ok()?;
        KINDS.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_by_name() {
        assert!(KINDS.is_sorted_by(|left, right| left.name() < right.name()));
    }
}
