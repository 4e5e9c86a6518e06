//! What the user allows: which hazards a plan may carry.

use std::fmt;
use std::str::FromStr;

use schema_sync_store::ObjectId;

use super::{Hazard, HazardKind, MigrationPlan};

/// One thing that the user allows, as typed after `--allow`: `data_loss`, `data_loss=users.email`, `all`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowance {
    /// Every hazard, everywhere.
    All,
    /// One hazard, everywhere.
    Hazard(HazardKind),
    /// One hazard on one object, given by its dotted name, and on what is inside it.
    On(HazardKind, String),
}

impl Allowance {
    fn covers(&self, hazard: &Hazard) -> bool {
        match self {
            Self::All => true,
            Self::Hazard(kind) => *kind == hazard.kind,
            Self::On(kind, name) => *kind == hazard.kind && names(name, &hazard.object),
        }
    }
}

fn names(typed: &str, object: &ObjectId) -> bool {
    let dotted = object.dotted();
    dotted == typed || dotted.strip_prefix(typed).is_some_and(|rest| rest.starts_with('.'))
}

impl FromStr for Allowance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        let (name, object) = text.split_once('=').map_or((text, None), |(name, object)| (name, Some(object)));
        let kind = HazardKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let known = HazardKind::ALL.map(HazardKind::name).join(", ");
            format!("`{name}` is no hazard; known are {known}, and `all`")
        })?;
        match object {
            None => Ok(Self::Hazard(kind)),
            Some("") => Err(format!("`{text}` names no object behind `=`")),
            Some(object) => Ok(Self::On(kind, object.to_owned())),
        }
    }
}

/// What the user allows; by default nothing that loses data.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// What was allowed beyond the default.
    pub allowed: Vec<Allowance>,
}

impl Policy {
    /// A policy that allows this beyond the default.
    #[must_use]
    pub fn allowing(allowed: Vec<Allowance>) -> Self {
        Self { allowed }
    }

    /// Whether a plan may run.
    ///
    /// # Errors
    /// The hazards that are refused.
    pub fn check(&self, plan: &MigrationPlan) -> Result<(), Refusal> {
        let mut refused: Vec<Hazard> = Vec::new();
        for hazard in plan.hazards().filter(|hazard| !self.allows(hazard)) {
            if !refused.contains(hazard) {
                refused.push(hazard.clone());
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(Refusal { hazards: refused }) }
    }

    fn allows(&self, hazard: &Hazard) -> bool {
        hazard.kind != HazardKind::DataLoss || self.allowed.iter().any(|allowance| allowance.covers(hazard))
    }
}

/// The hazards of a plan that the policy does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// Each of them once, in the plan's order.
    pub hazards: Vec<Hazard>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the plan is refused because of its hazards:")?;
        for Hazard { kind, object, detail } in &self.hazards {
            let dotted = object.dotted();
            write!(formatter, "\n  {object}: {detail}\n    to go on nevertheless: --allow {kind}={dotted}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(allowance: &str, object: &[&str]) -> Result<bool, String> {
        let object = ObjectId::new("column", object.iter().copied());
        let hazard = Hazard { kind: HazardKind::DataLoss, object, detail: String::new() };
        Ok(Policy::allowing(vec![allowance.parse()?]).allows(&hazard))
    }

    #[test]
    fn an_allowance_covers_what_it_names_and_no_more() -> Result<(), String> {
        assert!(allows("all", &["users", "email"])?);
        assert!(allows("data_loss", &["users", "email"])?);
        assert!(allows("data_loss=users.email", &["users", "email"])?);
        assert!(allows("data_loss=users", &["users", "email"])?);
        assert!(!allows("data_loss=users.em", &["users", "email"])?);
        assert!(!allows("table_rewrite", &["users", "email"])?);
        assert!("data_los".parse::<Allowance>().is_err());
        assert!("data_loss=".parse::<Allowance>().is_err());
        Ok(())
    }
}
