//! What is looked at beyond the default, and how roles are told so that equal tenants have equal snapshots. Knows no
//! particular database.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What may be looked at beyond the default; the names stand in the header of snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Include {
    /// Who may do what: privileges, and those that new objects will have.
    Grants,
    /// Whose each object is.
    Owners,
}

impl Include {
    /// All of them, in the order in which they are documented.
    pub const ALL: [Self; 2] = [Self::Grants, Self::Owners];

    /// The name as it is typed, and as it stands in snapshots: `grants`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Grants => "grants",
            Self::Owners => "owners",
        }
    }
}

impl fmt::Display for Include {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Include {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(" and ");
        let found = Self::ALL.into_iter().find(|include| include.name() == text);
        found.ok_or_else(|| format!("`{text}` is nothing that can be included; {} are", known()))
    }
}

/// Where the tenant's name stands in the name of a role.
pub(crate) const TENANT: &str = "{tenant}";

/// How the names of roles are made from a tenant's name: `{tenant}_rw`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePattern {
    before: String,
    after: String,
}

impl RolePattern {
    /// Whether a role of this tenant has this name.
    fn is_of(&self, role: &str, tenant: &str) -> bool {
        let rest = role.strip_prefix(self.before.as_str()).and_then(|rest| rest.strip_suffix(self.after.as_str()));
        rest == Some(tenant)
    }
}

impl fmt::Display for RolePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{TENANT}{}", self.before, self.after)
    }
}

impl FromStr for RolePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(TENANT) {
            Some((before, after)) if !before.contains(['{', '}']) && !after.contains(['{', '}']) => {
                Ok(Self { before: before.to_owned(), after: after.to_owned() })
            }
            _ => Err(format!(
                "the role `{text}` must hold {TENANT} once, where the tenant's name stands, and no other brace"
            )),
        }
    }
}

/// What is looked at beyond the default, and which roles are told by the tenant's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// What is looked at beyond the default.
    pub include: BTreeSet<Include>,
    /// The roles that each tenant has under a name of its own. The first that fits tells a role.
    pub roles: Vec<RolePattern>,
}

impl Scope {
    /// Whether this is looked at.
    #[must_use]
    pub fn includes(&self, include: Include) -> bool {
        self.include.contains(&include)
    }

    /// The same, looking at this as well.
    #[must_use]
    pub fn including(&self, include: &BTreeSet<Include>) -> Self {
        Self { include: self.include.union(include).copied().collect(), roles: self.roles.clone() }
    }

    /// What stands in the header of snapshots.
    #[must_use]
    pub fn coverage(&self) -> BTreeSet<String> {
        self.include.iter().map(|include| include.name().to_owned()).collect()
    }

    /// A role's name as snapshots tell it: `{tenant}` stands for the tenant's, and braces of its own are doubled.
    #[must_use]
    pub fn neutral_role(&self, role: &str, tenant: &str) -> String {
        let pattern = self.roles.iter().find(|pattern| pattern.is_of(role, tenant));
        pattern.map_or_else(|| role.replace('{', "{{").replace('}', "}}"), ToString::to_string)
    }
}

/// The name of a role that snapshots tell so, and whether `{tenant}` stands in it for the tenant's.
pub(crate) fn role_of(neutral: &str) -> (String, bool) {
    let is_literal = |text: &str| text.replace("{{", "").replace("}}", "").contains(['{', '}']);
    if is_literal(neutral) {
        (neutral.to_owned(), true)
    } else {
        (neutral.replace("{{", "{").replace("}}", "}"), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_of_the_tenant_is_told_neutrally_and_found_again() -> Result<(), String> {
        let roles = vec!["{tenant}_rw".parse()?, "of {tenant}".parse()?, "{tenant}".parse()?];
        let scope = Scope { include: BTreeSet::new(), roles };
        let check = |role: &str, neutral: &str, is_of_tenant: bool| {
            assert_eq!(scope.neutral_role(role, "a"), neutral);
            let found = role_of(neutral);
            assert_eq!(found, if is_of_tenant { (neutral.to_owned(), true) } else { (role.to_owned(), false) });
        };
        check("a_rw", "{tenant}_rw", true);
        check("of a", "of {tenant}", true);
        check("a", "{tenant}", true);
        check("b_rw", "b_rw", false);
        check("{tenant}_rw", "{{tenant}}_rw", false);
        check("{{x", "{{{{x", false);
        check("a_rw ", "a_rw ", false);
        Ok(())
    }

    #[test]
    fn a_pattern_holds_the_tenant_once_and_no_other_brace() {
        for wrong in ["app", "{tenant}{tenant}", "{tenant", "{x}_{tenant}", "{{tenant}}"] {
            assert!(wrong.parse::<RolePattern>().is_err(), "{wrong}");
        }
        assert!("grant".parse::<Include>().is_err());
    }
}
