//! Statements that speak of what only the place where they run can say: the tenant's own schema, its roles, and whose a
//! thing is. What is known of the place beforehand is put in by [`bind`]; the rest the server is asked for.

use std::borrow::Cow;

use schema_sync_store::ObjectId;

use super::quote::{dollar_quoted, escaped, identifier, inside_identifier, literal};
use crate::plan::{MigrationPlan, MigrationStep, PlanError};
use crate::scope::{TENANT, role_of};

/// The role that stands for everybody; no role can have this name (PostgreSQL manual, CREATE ROLE).
pub(super) const EVERYBODY: &str = "public";
/// What stands for the role that owns a thing.
pub(super) const OWNER: &str = "{owner}";

/// Within double quotes: the tenant's own schema.
const SCHEMA: &str = "{schema}";
/// Within the quotes of an escape string: the tenant's name.
const TENANT_TEXT: &str = "{tenant text}";
/// What all of these begin with.
const MARKS: [&str; 2] = ["{tenant", SCHEMA];

#[derive(Debug)]
enum Piece {
    Text(String),
    OwnSchema,
    /// A role of the tenant's, as its pattern.
    TenantRole(String),
    /// SQL for an identifier.
    AskedIdentifier(String),
    /// SQL for text that is SQL already.
    AskedText(String),
}

/// A statement in the making.
#[derive(Debug, Default)]
pub(super) struct Spoken(Vec<Piece>);

impl Spoken {
    /// Text that is the same everywhere.
    pub(super) fn text(self, text: impl Into<String>) -> Self {
        self.with(Piece::Text(text.into()))
    }

    /// The tenant's own schema.
    pub(super) fn own_schema(self) -> Self {
        self.with(Piece::OwnSchema)
    }

    /// Text that the server says: `sql` answers it.
    pub(super) fn asked(self, sql: String) -> Self {
        self.with(Piece::AskedText(sql))
    }

    /// A role as snapshots tell it. `owner` is SQL for the name of whoever owns what the statement is on.
    pub(super) fn role(self, neutral: &str, owner: &str) -> Self {
        match (neutral, role_of(neutral)) {
            (EVERYBODY, _) => self.text("PUBLIC"),
            (OWNER, _) => self.with(Piece::AskedIdentifier(owner.to_owned())),
            (_, (pattern, true)) => self.with(Piece::TenantRole(pattern)),
            (_, (name, false)) => self.text(identifier(&name)),
        }
    }

    /// All pieces of another.
    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn with(mut self, piece: Piece) -> Self {
        self.0.push(piece);
        self
    }

    /// Whether it must be bound to a tenant before it runs.
    fn names_tenant(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::OwnSchema | Piece::TenantRole(_)))
    }

    /// Whether something else than a mark of ours looks like one.
    fn is_ambiguous(&self) -> bool {
        let is_like_mark = |piece: &Piece| match piece {
            Piece::Text(text) | Piece::AskedIdentifier(text) | Piece::AskedText(text) => looks_like_mark(text),
            Piece::OwnSchema | Piece::TenantRole(_) => false,
        };
        self.0.iter().any(is_like_mark)
    }

    /// The statement, which must be bound where it speaks of the tenant.
    pub(super) fn render(&self) -> String {
        let is_asked = |piece: &Piece| matches!(piece, Piece::AskedIdentifier(_) | Piece::AskedText(_));
        if !self.0.iter().any(is_asked) {
            return self.0.iter().map(plain).collect();
        }
        let mut format = String::new();
        let mut arguments = Vec::new();
        for piece in &self.0 {
            let (place, sql) = match piece {
                Piece::AskedText(sql) => ("%s", sql.clone()),
                Piece::AskedIdentifier(sql) => ("%I", sql.clone()),
                Piece::TenantRole(pattern) => ("%I", format!("E'{}'", escaped(pattern).replace(TENANT, TENANT_TEXT))),
                Piece::OwnSchema => ("%I", "pg_catalog.current_schema()".to_owned()),
                Piece::Text(text) => {
                    format.push_str(&text.replace('%', "%%"));
                    continue;
                }
            };
            format.push_str(place);
            arguments.push(sql);
        }
        let statement = format!("pg_catalog.format({}, {})", literal(&format), arguments.join(", "));
        format!("DO {}", dollar_quoted(&format!("BEGIN EXECUTE {statement}; END")))
    }
}

fn plain(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.clone(),
        Piece::OwnSchema => format!("\"{SCHEMA}\""),
        Piece::TenantRole(pattern) => format!("\"{}\"", inside_identifier(pattern)),
        Piece::AskedIdentifier(_) | Piece::AskedText(_) => String::new(),
    }
}

fn looks_like_mark(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

/// A step of several such statements, for which these roles must be there. `wanted_for` says for what.
pub(super) fn step(
    mut step: MigrationStep,
    statements: &[Spoken],
    roles: &[&str],
    wanted_for: &str,
) -> Result<MigrationStep, PlanError> {
    let mut is_ambiguous = looks_like_mark(wanted_for);
    step.statements.clear();
    for statement in statements {
        step.names_tenant |= statement.names_tenant();
        is_ambiguous |= statement.is_ambiguous();
        step.statements.push(statement.render());
    }
    for role in roles.iter().filter(|role| ![EVERYBODY, OWNER].contains(role)) {
        let (name, is_of_tenant) = role_of(role);
        step.names_tenant |= is_of_tenant;
        is_ambiguous |= !is_of_tenant && looks_like_mark(&name);
        let text = if is_of_tenant { escaped(&name).replace(TENANT, TENANT_TEXT) } else { escaped(&name) };
        let missing = format!("SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = E'{text}')");
        step =
            step.check(missing, format!("{wanted_for} needs the role {name}, which the server lacks: create it first"));
    }
    if step.names_tenant && is_ambiguous {
        let reason = "it has a role or a schema of the tenant's own, and a name that holds `{tenant` or `{schema}`: rename \
                      that, or do it by hand";
        return Err(refused(&step.object, reason));
    }
    Ok(step)
}

fn refused(object: &ObjectId, reason: &str) -> PlanError {
    PlanError::Refused { object: object.clone(), reason: reason.to_owned() }
}

/// The plan with the tenant's name and schema where it has marks for them.
pub(super) fn bind<'a>(plan: &'a MigrationPlan, tenant: &str, schema: &str) -> Cow<'a, MigrationPlan> {
    if !plan.steps.iter().any(|step| step.names_tenant) {
        return Cow::Borrowed(plan);
    }
    let values =
        [(SCHEMA, inside_identifier(schema)), (TENANT, inside_identifier(tenant)), (TENANT_TEXT, escaped(tenant))];
    let bound = |text: &str| replace_marks(text, &values);
    let mut plan = plan.clone();
    for step in plan.steps.iter_mut().filter(|step| step.names_tenant) {
        step.names_tenant = false;
        step.statements.iter_mut().for_each(|statement| *statement = bound(statement));
        for check in &mut step.checks {
            check.violated_when = bound(&check.violated_when);
            check.message = check.message.replace(TENANT, tenant);
        }
    }
    Cow::Owned(plan)
}

/// Puts values in for marks, in one pass: what is put in is not looked at again.
fn replace_marks(text: &str, values: &[(&str, String)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, behind) = rest.split_at(at);
        replaced.push_str(before);
        let mark = values.iter().find(|(mark, _)| behind.starts_with(mark));
        let (put_in, taken) = mark.map_or(("{", 1), |(mark, value)| (value.as_str(), mark.len()));
        replaced.push_str(put_in);
        rest = &behind[taken..];
    }
    replaced.push_str(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schema_sync_store::SchemaSnapshot;

    use super::*;

    /// The statement as it runs for a tenant.
    fn bound(statement: Spoken, tenant: &str) -> Result<String, PlanError> {
        let id = ObjectId::new("grant", ["t"]);
        let step = step(MigrationStep::create(&id, ""), &[statement], &[], "it")?;
        let hash = SchemaSnapshot::empty("test").hash();
        let (dialect, coverage) = ("test".to_owned(), BTreeSet::new());
        let plan = MigrationPlan { dialect, from: hash, to: hash, coverage, steps: vec![step] };
        Ok(bind(&plan, tenant, "s\"1").steps[0].statements[0].clone())
    }

    #[test]
    fn what_the_place_says_is_put_in_within_quotes() -> Result<(), PlanError> {
        let grant = || Spoken::default().text("GRANT ALL ON SCHEMA ").own_schema().text(" TO ");
        assert_eq!(bound(grant().role("public", ""), "a")?, "GRANT ALL ON SCHEMA \"s\"\"1\" TO PUBLIC");
        assert_eq!(bound(grant().role("{tenant}_rw", ""), "a\"")?, "GRANT ALL ON SCHEMA \"s\"\"1\" TO \"a\"\"_rw\"");
        assert_eq!(bound(Spoken::default().role("{{tenant}}_rw", ""), "a")?, "\"{tenant}_rw\"");
        let asked = Spoken::default().text("100% ").role("{tenant}'s", "").text(" ").role(OWNER, "whose()");
        assert_eq!(
            bound(asked, "a'$$")?,
            "DO $$BEGIN EXECUTE pg_catalog.format('100%% %I %I', E'a''\\x24\\x24''s', whose()); END$$"
        );
        Ok(())
    }

    #[test]
    fn what_could_be_taken_for_a_mark_is_refused() {
        let statement = Spoken::default().text("GRANT ALL ON \"{tenant}\" TO ").role("{tenant}_rw", "");
        assert!(bound(statement, "a").is_err());
    }
}
