//! A plan for people: numbered steps with their SQL, lock, dangers and reasons; and as SQL alone, and for programs.

use schema_sync::plan::{MigrationPlan, MigrationStep, Policy, StepAction};
use serde_json::{Value, json};

use super::output::{Paint, count};

/// The plan for a terminal.
pub(super) fn render(plan: &MigrationPlan, policy: &Policy, paint: Paint) -> String {
    let mut printed =
        format!("from {} to {}, {}\n", plan.from.short(), plan.to.short(), count(plan.steps.len(), "step"));
    for (index, step) in plan.steps.iter().enumerate() {
        printed.push_str(&render_step(index + 1, step, paint));
    }
    if let Err(refusal) = policy.check(plan) {
        printed.push_str(&format!("\n{}\n", paint.red("as it stands, this plan would be refused:")));
        for hazard in &refusal.hazards {
            let dotted = hazard.object.dotted();
            printed.push_str(&format!("  {}: {}\n", hazard.object, hazard.detail));
            printed.push_str(&format!("    to go on nevertheless: --allow {}={dotted}\n", hazard.kind));
        }
    }
    printed
}

fn render_step(number: usize, step: &MigrationStep, paint: Paint) -> String {
    let action = match step.action {
        StepAction::Create => paint.green("create"),
        StepAction::Alter => paint.yellow("alter"),
        StepAction::Drop => paint.red("drop"),
    };
    let mut printed = format!("\n{number}. {action} {}\n", paint.bold(&step.object.to_string()));
    for statement in &step.statements {
        for line in format!("{statement};").lines() {
            printed.push_str(&format!("     {line}\n"));
        }
    }
    let mut note = |name: &str, text: &str| printed.push_str(&format!("   {} {text}\n", paint.dim(name)));
    if let Some(reason) = &step.reason {
        note("because", reason);
    }
    if let Some(lock) = &step.lock {
        note("locks", lock);
    }
    for hazard in &step.hazards {
        let text = format!("{} of {}: {}", paint.red(hazard.kind.name()), hazard.object, hazard.detail);
        note("hazard", &text);
    }
    for check in &step.checks {
        note("refused before anything runs if", &check.message);
    }
    printed
}

/// The plan as SQL alone. What stands around the statements is for whoever runs them by hand.
pub(super) fn render_sql(plan: &MigrationPlan) -> String {
    let mut printed = format!("-- from {} to {}\n", plan.from, plan.to);
    for statement in plan.statements() {
        printed.push_str(&format!("{statement};\n"));
    }
    printed
}

/// The plan for programs, with what the policy would refuse.
pub(super) fn as_json(plan: &MigrationPlan, policy: &Policy) -> Value {
    let mut value = json!(plan);
    value["refused"] = json!(policy.check(plan).err().map_or_else(Vec::new, |refusal| refusal.hazards));
    value
}
