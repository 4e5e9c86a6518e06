//! What is dropped and made again keeps its owner and its privileges, also where no snapshot tells them: they are read
//! before a plan's statements run, and given back after to what is another thing under the old name.

use std::collections::HashMap;

use tokio_postgres::{Client, Error, Row};

use super::access::{Privilege, Target, exploded, grantee_text, privileges, things_in_database, things_in_schema};
use super::catalog::{Address, class};
use super::quote::identifier;
use super::session::NAMESPACES;
use crate::plan::MigrationPlan;

/// What a plan is silent of, and must therefore leave as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Silence {
    pub(super) owners: bool,
    pub(super) grants: bool,
}

impl Silence {
    /// Whether there is anything that the plan is silent of.
    pub(super) fn is_any(self) -> bool {
        self.owners || self.grants
    }
}

/// Nothing is made again under a name that was not given up before, and what gives one up says so.
pub(super) fn may_replace(plan: &MigrationPlan) -> bool {
    plan.statements().any(|statement| statement.contains("DROP "))
}

/// One thing that has an owner or privileges.
#[derive(Debug)]
pub(super) struct Thing {
    pub(super) address: Address,
    pub(super) name: Name,
    pub(super) owner: String,
    /// The OID of the table whose owner is its own.
    follows: Option<u32>,
    pub(super) privileges: Vec<Privilege>,
    /// Its privileges are not the built-in default, or were told nevertheless.
    pub(super) is_granted: bool,
}

/// What a thing is called, and what sort of thing it is, as `pg_identify_object` says both.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    sort: String,
    identity: String,
    pub(super) column: Option<String>,
}

/// What must come back.
#[derive(Debug)]
pub(super) struct Keepsakes {
    silence: Silence,
    things: Vec<Thing>,
}

/// All things of the namespaces `$1`, and where `$2`, of the database. With `$3`, those alone that are not as the present
/// role would make them.
fn listing() -> String {
    format!(
        "SELECT y.class, y.oid, y.part, o.type, o.identity, a.attname::text, pg_get_userbyid(y.owner)::text, y.of_table, \
         e.grantees, e.grantors, e.names, e.grantable, y.privileges IS NOT NULL \
         FROM (SELECT y.* FROM unnest($1::oid[]) t(ns) CROSS JOIN LATERAL ({}) y \
           UNION ALL SELECT y.* FROM ({}) y WHERE $2) y \
         CROSS JOIN LATERAL pg_identify_object(y.class, y.oid, 0) o \
         LEFT JOIN pg_attribute a ON y.part <> 0 AND a.attrelid = y.oid AND a.attnum = y.part {} \
         WHERE NOT ($3 AND y.privileges IS NULL AND y.owner = current_user::regrole \
           AND NOT EXISTS (SELECT FROM pg_default_acl f WHERE f.defaclrole = current_user::regrole))",
        things_in_schema(),
        things_in_database(),
        exploded("coalesce(y.privileges, acldefault(y.sort, y.owner))")
    )
}

/// Which of the things, told by class, OID and column, are gone.
const GONE: &str = "SELECT class, oid, part FROM unnest($1::oid[], $2::oid[], $3::int4[]) g(class, oid, part) WHERE CASE \
     WHEN part <> 0 THEN NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = g.oid AND a.attnum = part AND NOT a.attisdropped) \
     ELSE (pg_identify_object(class, g.oid, 0)).identity IS NULL END";

const HAS_COLUMN: &str =
    "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attname = $2::text AND NOT attisdropped)";

/// The things of a tenant; with `only_special`, those alone that the present role would not make so.
pub(super) async fn list(client: &Client, schema: Option<&str>, only_special: bool) -> Result<Vec<Thing>, Error> {
    let found = client.query(&format!("SELECT n.oid {NAMESPACES}"), &[&schema.as_slice(), &schema.is_none()]).await?;
    let namespaces: Vec<u32> = found.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let rows = client.query(&listing(), &[&namespaces, &schema.is_none(), &only_special]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Thing, Error> {
    Ok(Thing {
        address: (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?),
        name: Name { sort: row.try_get(3)?, identity: row.try_get(4)?, column: row.try_get(5)? },
        owner: row.try_get(6)?,
        follows: row.try_get(7)?,
        privileges: privileges(row, 8)?,
        is_granted: row.try_get(12)?,
    })
}

impl Keepsakes {
    /// Reads what may have to come back. `schema` is the tenant's, where the tenant is no database.
    pub(super) async fn read(client: &Client, schema: Option<&str>, silence: Silence) -> Result<Self, Error> {
        let mut things = list(client, schema, true).await?;
        // What is revoked from a table is revoked from its columns, too; sequences come to another owner with it.
        things.sort_by_key(|thing| thing.follows.is_some() || thing.address.2 != 0);
        Ok(Self { silence, things })
    }

    /// The statements that give back what was lost since.
    pub(super) async fn restoring(self, client: &Client, schema: Option<&str>) -> Result<Vec<String>, Error> {
        if self.things.is_empty() {
            return Ok(Vec::new());
        }
        let (mut classes, mut oids, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for (class, oid, part) in self.things.iter().map(|thing| thing.address) {
            classes.push(class);
            oids.push(oid);
            parts.push(part);
        }
        let gone = client.query(GONE, &[&classes, &oids, &parts]).await?;
        let gone: Vec<(u32, u32, i32)> = gone
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
            .collect::<Result<_, Error>>()?;
        if gone.is_empty() {
            return Ok(Vec::new());
        }
        let now: HashMap<Name, Thing> =
            list(client, schema, false).await?.into_iter().map(|thing| (thing.name.clone(), thing)).collect();
        let mut statements = Vec::new();
        // Of what comes to another owner; what follows a table follows a relation.
        let mut owners: HashMap<(u32, u32), &str> = HashMap::new();
        for thing in self.things.iter().filter(|thing| gone.contains(&thing.address)) {
            let Some(new) = thing.counterpart(&now) else { continue };
            if self.silence.owners && thing.follows.is_none() {
                owners.insert((new.address.0, new.address.1), &thing.owner);
            }
            if thing.has_column_in(new, client).await? {
                let owned = new.follows.map_or((new.address.0, new.address.1), |table| (class::RELATION, table));
                let owner = owners.get(&owned).copied().unwrap_or(&new.owner);
                statements.extend(thing.bring_back(new, owner, self.silence));
            }
        }
        Ok(statements)
    }
}

impl Thing {
    /// What has this thing's name now. A column without privileges of its own is not listed: its table stands for it.
    fn counterpart<'a>(&self, now: &'a HashMap<Name, Thing>) -> Option<&'a Thing> {
        now.get(&self.name).or_else(|| now.get(&Name { column: None, ..self.name.clone() }))
    }

    /// Whether another thing has the column that this is, where it is one.
    async fn has_column_in(&self, new: &Self, client: &Client) -> Result<bool, Error> {
        let Some(column) = &self.name.column else { return Ok(true) };
        let row = client.query_one(HAS_COLUMN, &[&new.address.1, column]).await?;
        row.try_get(0)
    }

    /// The statements that make another thing of the same name belong to an owner, and give the same as this one. What
    /// follows a table comes to its owner with it.
    fn bring_back(&self, new: &Thing, owner: &str, silence: Silence) -> Vec<String> {
        let mut statements = Vec::new();
        if self.follows.is_none() && owner != new.owner {
            statements.push(format!("ALTER {} OWNER TO {}", self.name.owned(), identifier(owner)));
        }
        if !silence.grants {
            return statements;
        }
        let wanted = with_owner(&self.privileges, &self.owner, owner);
        let is_column_anew = new.name.column != self.name.column;
        let found = if is_column_anew { Vec::new() } else { with_owner(&new.privileges, &new.owner, owner) };
        if wanted == found {
            return statements;
        }
        let text = self.name.granted();
        let target = Target { text: &text, column: self.name.column.as_deref() };
        let mut grantees: Vec<Option<&str>> = found.iter().map(|privilege| privilege.grantee.as_deref()).collect();
        grantees.dedup();
        let all = ["ALL".to_owned()];
        statements.extend(grantees.into_iter().map(|grantee| target.revoke(&all, &grantee_text(grantee))));
        statements.extend(grants_in_order(&target, wanted, owner));
        statements
    }
}

/// The same privileges for another owner: what the old one has and gave is had and given by the new one.
fn with_owner(privileges: &[Privilege], old: &str, new: &str) -> Vec<Privilege> {
    let of = |role: &str| if role == old { new.to_owned() } else { role.to_owned() };
    let mut moved: Vec<Privilege> = privileges
        .iter()
        .map(|privilege| Privilege {
            grantee: privilege.grantee.as_deref().map(of),
            grantor: of(&privilege.grantor),
            ..privilege.clone()
        })
        .collect();
    moved.sort();
    moved.dedup();
    moved
}

/// The statements that give privileges, each by its grantor, who must have been given them before.
fn grants_in_order(target: &Target<'_>, mut wanted: Vec<Privilege>, owner: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut able = vec![owner.to_owned()];
    while !wanted.is_empty() {
        let is_next = |privilege: &Privilege| able.contains(&privilege.grantor);
        let (mut next, later): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_next);
        if next.is_empty() {
            // Cannot be, as a privilege goes back to the owner; the server says what is wrong.
            next = later;
            wanted = Vec::new();
        } else {
            wanted = later;
        }
        for privilege in next {
            let grantee = grantee_text(privilege.grantee.as_deref());
            let grant = target.grant(&[privilege.name], &grantee, privilege.is_grantable);
            if privilege.grantor == owner {
                statements.push(grant);
            } else {
                statements.extend(granted_by(&privilege.grantor, grant));
            }
            able.extend(privilege.grantee.filter(|_| privilege.is_grantable));
        }
    }
    statements
}

/// The statements that do one as another role; only who may become that role can.
fn granted_by(role: &str, statement: String) -> [String; 3] {
    [format!("SET LOCAL ROLE {}", identifier(role)), statement, "RESET ROLE".to_owned()]
}

impl Name {
    /// What GRANT calls it.
    pub(super) fn granted(&self) -> String {
        let words = match self.sort.as_str() {
            "server" => "FOREIGN SERVER".to_owned(),
            _ => self.words(),
        };
        format!("{words} {}", self.identity)
    }

    /// What everybody may do with it when it is new (PostgreSQL manual, 5.7).
    pub(super) fn default_of_everybody(&self) -> Option<&'static str> {
        match self.sort.as_str() {
            "function" | "procedure" | "aggregate" => Some("EXECUTE"),
            "type" | "language" => Some("USAGE"),
            _ => None,
        }
    }

    /// What ALTER calls it.
    fn owned(&self) -> String {
        format!("{} {}", self.words(), self.identity)
    }

    fn words(&self) -> String {
        match self.sort.as_str() {
            "table" | "view" | "materialized view" | "foreign table" => "TABLE".to_owned(),
            "function" | "procedure" | "aggregate" => "ROUTINE".to_owned(),
            "statistics object" => "STATISTICS".to_owned(),
            "foreign-data wrapper" => "FOREIGN DATA WRAPPER".to_owned(),
            other => other.to_uppercase(),
        }
    }
}
