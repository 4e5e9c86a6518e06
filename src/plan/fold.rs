//! Folding: neighbouring clauses of one head become one statement, as databases like one ALTER TABLE better than ten.

use super::{Fold, MigrationStep};

/// Joins neighbours that share a head; the order stays.
pub(super) fn fold(steps: Vec<MigrationStep>) -> Vec<MigrationStep> {
    let mut folded: Vec<MigrationStep> = Vec::with_capacity(steps.len());
    for step in steps {
        match folded.last_mut() {
            Some(last) if shares_head(last, &step) => join(last, step),
            _ => folded.push(step),
        }
    }
    folded
}

fn shares_head(left: &MigrationStep, right: &MigrationStep) -> bool {
    matches!((&left.fold, &right.fold), (Fold::Clause { head, .. }, Fold::Clause { head: other, .. }) if head == other)
}

fn join(last: &mut MigrationStep, step: MigrationStep) {
    if let (Some(statement), Fold::Clause { clause, .. }) = (last.statements.last_mut(), &step.fold) {
        statement.push_str(", ");
        statement.push_str(clause);
    }
    merge_facts(last, step);
}

/// Takes over all that a step says beside its statements.
pub(super) fn merge_facts(target: &mut MigrationStep, step: MigrationStep) {
    target.makes.extend(step.makes);
    target.unmakes.extend(step.unmakes);
    target.after.extend(step.after);
    for hazard in step.hazards {
        if !target.hazards.contains(&hazard) {
            target.hazards.push(hazard);
        }
    }
    for check in step.checks {
        if !target.checks.contains(&check) {
            target.checks.push(check);
        }
    }
    target.names_tenant |= step.names_tenant;
    target.lock = stronger_lock(target.lock.take(), step.lock);
    target.reason = match (target.reason.take(), step.reason) {
        (Some(left), Some(right)) if left != right => Some(format!("{left}; {right}")),
        (left, right) => left.or(right),
    };
}

/// Locks of one head are on one table, so that the one named `ACCESS EXCLUSIVE` covers any other.
fn stronger_lock(left: Option<String>, right: Option<String>) -> Option<String> {
    match (left, right) {
        (Some(left), Some(right)) if right.starts_with("ACCESS EXCLUSIVE") && left != right => Some(right),
        (left, right) => left.or(right),
    }
}

#[cfg(test)]
mod tests {
    use schema_sync_store::ObjectId;

    use super::*;

    #[test]
    fn neighbours_of_one_head_become_one_statement() {
        let step = |column: &str, head: &str| {
            let id = ObjectId::new("column", ["t", column]);
            MigrationStep::create(&id, "").clause(head, format!("ADD COLUMN {column} integer"))
        };
        let steps = fold(vec![step("a", "ALTER TABLE t"), step("b", "ALTER TABLE t"), step("c", "ALTER TABLE u")]);
        let statements: Vec<&str> = steps.iter().map(|step| step.statements[0].as_str()).collect();
        assert_eq!(
            statements,
            ["ALTER TABLE t ADD COLUMN a integer, ADD COLUMN b integer", "ALTER TABLE u ADD COLUMN c integer"]
        );
        assert_eq!(steps[0].makes.len(), 2);
    }
}
