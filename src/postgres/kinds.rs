//! The kinds of PostgreSQL: one file a kind, one line in [`KINDS`].

pub(super) mod access;
mod access_method;
pub(super) mod aggregate;
mod base_type;
mod cast;
pub(super) mod check;
pub(super) mod collation;
pub(super) mod column;
mod column_change;
mod column_rows;
pub(super) mod comment;
mod composite_cast;
pub(super) mod composite_type;
pub(super) mod constraint;
mod conversion;
pub(super) mod default;
pub(super) mod default_privilege;
pub(super) mod dependency;
pub(super) mod described;
pub(super) mod domain;
pub(super) mod enumeration;
mod event_trigger;
pub(super) mod exclusion;
pub(super) mod extension;
mod foreign_data_wrapper;
pub(super) mod foreign_key;
mod foreign_options;
mod foreign_table;
mod grant;
mod held_as_text;
mod held_type;
pub(super) mod identity;
pub(super) mod index;
mod index_mark;
mod index_places;
pub(super) mod index_rows;
mod joining;
pub(super) mod key;
mod language;
mod leaving;
mod lineage;
mod moved_index;
pub(super) mod not_null;
mod operator;
mod operator_class;
mod operator_family;
mod owner;
mod partition_rows;
mod persistence;
pub(super) mod policy;
mod publication;
pub(super) mod range_type;
pub(super) mod relation;
mod remade_table;
mod remade_type;
mod replaced;
pub(super) mod routine;
pub(super) mod rule;
pub(super) mod schema;
pub(super) mod sequence;
mod server;
mod shared;
pub(super) mod statistics;
mod subscription;
pub(super) mod table;
mod table_rows;
mod text_search_configuration;
mod text_search_dictionary;
mod text_search_parser;
mod text_search_template;
mod transform;
pub(super) mod trigger;
mod typed_table;
pub(super) mod types;
pub(super) mod unmodelled;
mod user_mapping;
pub(super) mod view;
mod waiting_value;

use crate::kind::{Dialect, Kind};
use crate::scope::{Include, Scope};

use shared::{
    SHADOWED, columns_exist, comments_of, comments_within, constraint_name, deferral, drop_constraint,
    found_by_bare_name, index_name, is_partitioned, mentions, option_clauses, options_text, relation_name,
    routine_name, rows_of, type_name, validate_constraint,
};

use super::catalog::{Reading, Source};

/// All kinds, sorted by name.
const KINDS: &[&dyn Kind] = &[
    &access_method::KIND,
    &aggregate::Aggregate,
    &base_type::BaseType,
    &cast::KIND,
    &check::Check,
    &collation::Collation,
    &column::Column,
    &comment::Comment,
    &composite_type::CompositeType,
    &conversion::KIND,
    &default::Default,
    &default_privilege::DefaultPrivilege,
    &domain::Domain,
    &enumeration::Enumeration,
    &event_trigger::EventTrigger,
    &exclusion::Exclusion,
    &extension::Extension,
    &foreign_data_wrapper::ForeignDataWrapper,
    &foreign_key::ForeignKey,
    &routine::FUNCTION,
    &grant::Grant,
    &index::Index,
    &language::KIND,
    &view::MATERIALIZED_VIEW,
    &operator::Operator,
    &operator_class::KIND,
    &operator_family::OperatorFamily,
    &owner::Owner,
    &policy::Policy,
    &key::PRIMARY_KEY,
    &routine::PROCEDURE,
    &publication::Publication,
    &range_type::RangeType,
    &rule::Rule,
    &schema::Schema,
    &sequence::Sequence,
    &server::Server,
    &statistics::Statistics,
    &subscription::Subscription,
    &table::Table,
    &text_search_configuration::TextSearchConfiguration,
    &text_search_dictionary::TextSearchDictionary,
    &text_search_parser::KIND,
    &text_search_template::KIND,
    &transform::KIND,
    &trigger::Trigger,
    &key::UNIQUE,
    &user_mapping::UserMapping,
    &view::VIEW,
];

/// Where objects are read from, in an order in which each finds what it refers to.
const SOURCES: &[&Source] = &[
    &relation::SOURCE,
    &column_rows::SOURCE,
    &default::SOURCE,
    &index_rows::SOURCE,
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
    &described::SOURCE,
    &unmodelled::SOURCE,
    &dependency::SOURCE,
    &comment::SOURCE,
];

/// The sources that are asked where this is looked at.
pub(super) fn sources(scope: &Scope) -> Vec<&'static Source> {
    let access = (!scope.include.is_empty()).then_some(&access::SOURCE);
    let defaults = scope.includes(Include::Grants).then_some(&default_privilege::SOURCE);
    SOURCES.iter().copied().chain(access).chain(defaults).collect()
}

/// What must happen when all rows of a source are read, and before those of the next are.
pub(super) fn after(source: &str, reading: &mut Reading) -> Result<(), String> {
    match source {
        "column" => table_rows::finish(reading),
        "constraint" => {
            index_rows::finish(reading)?;
            not_null::finish(reading)?;
        }
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
