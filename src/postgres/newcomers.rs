//! What a plan makes gets what the plan grants and nothing beyond: what the default privileges of the present role add to
//! it is taken away before the plan's own grants come.

use std::collections::HashSet;

use tokio_postgres::{Client, Error};

use super::access::{Target, grantee_text};
use super::catalog::Address;
use super::keepsakes::{Thing, list};
use crate::plan::MigrationPlan;

/// Whether the present role has any.
const ANY: &str = "SELECT EXISTS (SELECT FROM pg_default_acl WHERE defaclrole = current_user::regrole)";

/// Whether what a plan makes may be given more than the plan says.
pub(super) async fn may_get_more(client: &Client, plan: &MigrationPlan) -> Result<bool, Error> {
    if plan.statements().any(|statement| statement.contains("ALTER DEFAULT PRIVILEGES")) {
        return Ok(true);
    }
    client.query_one(ANY, &[]).await?.try_get(0)
}

/// Tells what is new from what was there.
pub(super) struct Newcomers {
    known: HashSet<Address>,
}

impl Newcomers {
    /// Takes all that is there for known.
    pub(super) async fn read(client: &Client, schema: Option<&str>) -> Result<Self, Error> {
        let things = list(client, schema, false).await?;
        Ok(Self { known: things.iter().map(|thing| thing.address).collect() })
    }

    /// The statements that bring all that came since to the built-in default; it is known from now on.
    pub(super) async fn stripping(&mut self, client: &Client, schema: Option<&str>) -> Result<Vec<String>, Error> {
        let things = list(client, schema, false).await?;
        // Default privileges add nothing to columns: what one has, the plan granted.
        let new = things.iter().filter(|thing| self.known.insert(thing.address) && thing.name.column.is_none());
        Ok(new.filter(|thing| thing.is_granted).flat_map(strip).collect())
    }
}

fn strip(thing: &Thing) -> Vec<String> {
    let text = thing.name.granted();
    let target = Target { text: &text, column: thing.name.column.as_deref() };
    let all = ["ALL".to_owned()];
    let mut grantees: Vec<Option<&str>> = thing.privileges.iter().map(|one| one.grantee.as_deref()).collect();
    grantees.dedup();
    let revoke = |grantee: Option<&str>| target.revoke(&all, &grantee_text(grantee));
    let mut statements: Vec<String> = grantees.into_iter().map(revoke).collect();
    statements.push(target.grant(&all, &grantee_text(Some(&thing.owner)), false));
    if let Some(name) = thing.name.default_of_everybody() {
        statements.push(target.grant(&[name.to_owned()], &grantee_text(None), false));
    }
    statements
}
