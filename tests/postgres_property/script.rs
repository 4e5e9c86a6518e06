//! A schema as statements, each of which says which others must stand before it.

use std::collections::BTreeSet;

use fastrand::Rng;

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// What others need it by.
    pub(crate) id: String,
    pub(crate) needs: Vec<String>,
    pub(crate) sql: String,
}

/// What is done to a partitioned table and its partitions shows in the names that the server gives to indexes, and in
/// which of them it takes for parts of others.
fn is_kept_in_order(statement: &Statement, earlier: &Statement) -> bool {
    let table = |statement: &Statement| statement.id.split([' ', '_']).next().unwrap_or_default().to_owned();
    ["pt", "pu"].contains(&table(statement).as_str()) && table(statement) == table(earlier)
}

/// Statements in an order in which they run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    pub(crate) statements: Vec<Statement>,
}

impl Script {
    pub(crate) fn add(&mut self, id: impl Into<String>, needs: &[&str], sql: impl Into<String>) {
        let needs = needs.iter().map(|need| (*need).to_owned()).collect();
        self.statements.push(Statement { id: id.into(), needs, sql: sql.into() });
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.statements.iter().any(|statement| statement.id == id)
    }

    pub(crate) fn sql(&self) -> String {
        self.statements.iter().map(|statement| format!("{};\n", statement.sql)).collect()
    }

    /// The same statements in another order in which each finds what it needs.
    pub(crate) fn shuffled(&self, rng: &mut Rng) -> Self {
        let mut waiting = self.statements.clone();
        rng.shuffle(&mut waiting);
        let all: BTreeSet<String> = waiting.iter().map(|statement| statement.id.clone()).collect();
        let mut done = BTreeSet::new();
        let mut statements = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let is_ready = |statement: &Statement| {
                let is_free = |need: &String| done.contains(need) || !all.contains(need);
                let earlier = self.statements.iter().take_while(|other| other.id != statement.id);
                let mut kin = earlier.filter(|other| is_kept_in_order(statement, other));
                statement.needs.iter().all(is_free) && kin.all(|other| done.contains(&other.id))
            };
            let Some(place) = waiting.iter().position(is_ready) else { break };
            let statement = waiting.remove(place);
            done.insert(statement.id.clone());
            statements.push(statement);
        }
        statements.append(&mut waiting);
        Self { statements }
    }
}
