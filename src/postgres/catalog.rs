//! Reading the catalogue: sources of rows, and the state in which their rows become one tenant's objects.
//!
//! Every statement starts from the namespaces asked for and reaches everything else by index: `pg_depend` lists what is
//! in a namespace, while `pg_class`, `pg_type` and `pg_proc` have no index that begins with it. So the cost of a tenant
//! does not grow with the number of the others. An expression that names a schema makes what it is part of depend on that
//! schema, too: each source asks whether it is in the namespace, and what comes twice is taken once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use schema_sync_store::{Attributes, Object, ObjectId};
use serde::Serialize;
use serde_json::Value;
use smol_str::SmolStr;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::quote;
use crate::scope::Scope;

/// The catalogues' OIDs, fixed for all releases (`src/include/catalog` of PostgreSQL).
pub(super) mod class {
    pub(crate) const TYPE: u32 = 1247;
    pub(crate) const PROCEDURE: u32 = 1255;
    pub(crate) const RELATION: u32 = 1259;
    pub(crate) const DEFAULT: u32 = 2604;
    pub(crate) const CONSTRAINT: u32 = 2606;
    pub(crate) const NAMESPACE: u32 = 2615;
    pub(crate) const REWRITE: u32 = 2618;
    pub(crate) const TRIGGER: u32 = 2620;
    pub(crate) const EXTENSION: u32 = 3079;
    pub(crate) const POLICY: u32 = 3256;
    pub(crate) const STATISTICS: u32 = 3381;
    pub(crate) const COLLATION: u32 = 3456;
}

/// What the statements depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server {
    /// As `server_version_num` has it: 150020.
    pub(super) version: u32,
}

/// A statement over some namespaces, and what its rows mean.
#[derive(Debug)]
pub(super) struct Source {
    /// For error messages.
    pub(super) name: &'static str,
    /// The statement's body; see [`statement`].
    pub(super) body: fn(&Server) -> String,
    /// Takes one row in. The first column is the namespace and is taken already: reading starts at column 1.
    pub(super) read: fn(&Cells<'_>, &Namespace, &mut Reading) -> Result<(), String>,
}

/// Wraps a body into a statement over the namespaces `$1` (`oid[]`). `t.ns` is the namespace at hand.
///
/// What the server prints while the body's rows are made is relative to the search path `$2`, or to the namespace at
/// hand where `$2` is null. The path is set within the statement, which keeps it prepared; `OFFSET 0` keeps the
/// planner from pulling that apart, so that the path is set before the rows behind it are made.
pub(super) fn statement(body: &str) -> String {
    format!(
        "SELECT t.ns, x.* FROM (SELECT n.oid AS ns, n.nspname AS nsname, \
         set_config('search_path', coalesce($2, quote_ident(n.nspname)), true) AS path \
         FROM pg_namespace n WHERE n.oid = ANY($1) OFFSET 0) t \
         CROSS JOIN LATERAL ({body} OFFSET 0) x WHERE t.path IS NOT NULL"
    )
}

/// A row's cells, by position.
pub(super) struct Cells<'a>(pub(super) &'a Row);

impl<'a> Cells<'a> {
    /// The cell at this position, counted from 0.
    pub(super) fn get<T: FromSql<'a>>(&self, index: usize) -> Result<T, String> {
        self.0.try_get(index).map_err(|error| {
            let cause = std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
            format!("column {index} of a catalogue row: {error}{cause}")
        })
    }
}

/// A namespace that is being read.
#[derive(Debug, Clone)]
pub(super) struct Namespace {
    /// `None` where it is the tenant's own.
    pub(super) schema: Option<SmolStr>,
}

/// Where the catalogue keeps a thing: class, OID, and column number or 0.
pub(super) type Address = (u32, u32, i32);

/// A relation that was read: enough for what comes later to name it.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) id: ObjectId,
    /// What later sources must know of its columns, by number.
    pub(super) columns: HashMap<i16, RelationColumn>,
    /// The tables that it inherits from, or is a partition of.
    pub(super) parents: Vec<u32>,
}

/// A column of a relation that was read.
#[derive(Debug, Clone)]
pub(super) struct RelationColumn {
    pub(super) name: SmolStr,
    pub(super) type_oid: u32,
    pub(super) collation: u32,
    pub(super) is_generated: bool,
    /// Its name and type, for a column of a view.
    pub(super) printed: Option<String>,
}

/// An operator class, as indexes print it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) schema: SmolStr,
    pub(super) name: SmolStr,
    /// The type that it is for, and whether it is that type's default.
    pub(super) input_type: u32,
    pub(super) is_default: bool,
}

/// What is read once for all tenants of a call.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// What belongs to an extension, with the extension's OID.
    pub(super) members: HashMap<(u32, u32), u32>,
    pub(super) operator_classes: HashMap<u32, Named>,
    pub(super) scope: Arc<Scope>,
}

/// One tenant that is being read.
#[derive(Debug)]
pub(super) struct Reading {
    /// The name of the tenant's own schema.
    pub(super) own_schema: SmolStr,
    /// The tenant's own name, as roles may have it in theirs.
    tenant: String,
    pub(super) shared: Arc<Shared>,
    pub(super) relations: HashMap<u32, Relation>,
    /// Indexes that no constraint has claimed yet.
    pub(super) indexes: HashMap<u32, super::kinds::index_rows::IndexRow>,
    /// The columns, sorted, of each table's unique indexes, with the index.
    pub(super) unique_keys: HashMap<u32, Vec<(Vec<i16>, u32)>>,
    /// Not-null constraints, by table and column number.
    pub(super) not_nulls: HashMap<(u32, i32), super::kinds::not_null::NotNullRow>,
    /// The options of identity columns' sequences, by table and column number.
    pub(super) identity_sequences: HashMap<(u32, i32), super::kinds::identity::IdentitySequence>,
    /// The OIDs of those sequences.
    pub(super) identity_addresses: HashMap<(u32, i32), u32>,
    objects: Vec<Object>,
    addresses: HashMap<Address, usize>,
    /// The objects that have no address.
    part_ids: HashSet<ObjectId>,
    /// Needs that can be looked up only when all is read.
    later_needs: Vec<(Address, Address)>,
}

impl Reading {
    pub(super) fn new(own_schema: SmolStr, tenant: String, shared: Arc<Shared>) -> Self {
        Self {
            own_schema,
            tenant,
            shared,
            relations: HashMap::new(),
            indexes: HashMap::new(),
            unique_keys: HashMap::new(),
            not_nulls: HashMap::new(),
            identity_sequences: HashMap::new(),
            identity_addresses: HashMap::new(),
            objects: Vec::new(),
            addresses: HashMap::new(),
            part_ids: HashSet::new(),
            later_needs: Vec::new(),
        }
    }

    /// Whether a thing belongs to an extension and is told by that alone.
    pub(super) fn is_extension_member(&self, class: u32, oid: u32) -> bool {
        self.shared.members.contains_key(&(class, oid))
    }

    /// Adds an object that the catalogue keeps at this address. What names its own schema in an expression depends on it
    /// twice (`'public'::regnamespace`), and is read twice.
    pub(super) fn add(&mut self, address: Address, object: Object) {
        if self.addresses.get(&address).is_some_and(|index| self.objects[*index].id == object.id) {
            return;
        }
        self.addresses.insert(address, self.objects.len());
        self.objects.push(object);
    }

    /// Adds an object that tells more of another, and that nothing refers to by an address.
    pub(super) fn add_part(&mut self, object: Object) {
        if self.part_ids.insert(object.id.clone()) {
            self.objects.push(object);
        }
    }

    /// Whether [`Self::add_part`] added an object.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.part_ids.contains(id)
    }

    /// A role's name as snapshots tell it.
    pub(super) fn neutral_role(&self, role: &str) -> String {
        self.shared.scope.neutral_role(role, &self.tenant)
    }

    /// Says that the catalogue has another address for an object: a table's row type.
    pub(super) fn alias(&mut self, address: Address, of: Address) {
        if let Some(index) = self.addresses.get(&of) {
            self.addresses.insert(address, *index);
        }
    }

    /// What the catalogue keeps at an address; a column that is no object of its own stands for its relation.
    pub(super) fn at(&self, (class, oid, column): Address) -> Option<&Object> {
        let exact = self.addresses.get(&(class, oid, column));
        let index = exact.or_else(|| self.addresses.get(&(class, oid, 0)))?;
        self.objects.get(*index)
    }

    /// As [`Self::at`], to be changed.
    pub(super) fn at_mut(&mut self, (class, oid, column): Address) -> Option<&mut Object> {
        let exact = self.addresses.get(&(class, oid, column));
        let index = exact.or_else(|| self.addresses.get(&(class, oid, 0)))?;
        self.objects.get_mut(*index)
    }

    /// Notes that what is at one address needs what is at another that may not be read yet.
    pub(super) fn later_need(&mut self, dependent: Address, needed: Address) {
        self.later_needs.push((dependent, needed));
    }

    /// Looks up what [`Self::later_need`] noted.
    pub(super) fn resolve_needs(&mut self) {
        for (dependent, needed) in std::mem::take(&mut self.later_needs) {
            self.need(dependent, needed);
        }
    }

    /// How many objects were read so far.
    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Notes that what is at one address needs what is at another, where both are objects of this tenant.
    pub(super) fn need(&mut self, dependent: Address, needed: Address) {
        let Some(need) = self.at(needed).map(|object| object.id.clone()) else { return };
        self.need_id(dependent, need);
    }

    /// Notes that what is at an address needs an object.
    pub(super) fn need_id(&mut self, dependent: Address, need: ObjectId) {
        if let Some(object) = self.at_mut(dependent)
            && object.id != need
        {
            object.needs.insert(need);
        }
    }

    /// The objects, whole.
    pub(super) fn into_objects(self) -> Vec<Object> {
        self.objects
    }

    /// A name that an index prints, bare where that suffices.
    pub(super) fn print(&self, named: &Named) -> String {
        if named.schema == "pg_catalog" || named.schema == self.own_schema {
            quote::identifier(&named.name)
        } else {
            quote::in_schema(Some(&named.schema), &named.name)
        }
    }
}

/// An object with these attributes, given as its kind's own type, and these needs.
pub(super) fn object(
    id: ObjectId,
    attributes: &impl Serialize,
    needs: impl IntoIterator<Item = ObjectId>,
) -> Result<Object, String> {
    match serde_json::to_value(attributes) {
        Ok(Value::Object(attributes)) => Ok(Object { id, attributes, needs: needs.into_iter().collect() }),
        Ok(Value::Null) => Ok(Object { id, attributes: Attributes::new(), needs: BTreeSet::from_iter(needs) }),
        Ok(other) => Err(format!("{id} has attributes that are no object: {other}")),
        Err(error) => Err(format!("{id}: {error}")),
    }
}

/// For serde: leaves an attribute out where it has its default.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
