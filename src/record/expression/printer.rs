//! Prints a parsed expression in one form, which parses to the same: for fuzzers.

use super::Expression;
use super::bound::Bound;
use super::tree::{Node, Relation, Test};

impl Expression {
    /// Prints the expression; `names` are those of the subjects. `None`: no quotes can hold one of its values.
    pub(crate) fn print(&self, names: &[String]) -> Option<String> {
        print(&self.root, names)
    }
}

fn print(node: &Node, names: &[String]) -> Option<String> {
    let all = |nodes: &[Node], joint: &str| {
        let printed: Option<Vec<_>> = nodes.iter().map(|node| print(node, names)).collect();
        Some(format!("({})", printed?.join(joint)))
    };
    match node {
        Node::All(nodes) => all(nodes, " and "),
        Node::Any(nodes) => all(nodes, " or "),
        Node::Not(node) => Some(format!("not {}", print(node, names)?)),
        Node::Test(subject, test) => Some(format!("({} {})", names[*subject], test_text(test)?)),
    }
}

fn test_text(test: &Test) -> Option<String> {
    Some(match test {
        Test::In(literals) => {
            let items: Option<Vec<_>> = literals.iter().map(|literal| quoted(literal.text())).collect();
            format!("in {}", items?.join(","))
        }
        Test::Match(pattern) => format!("~ {}", quoted(pattern.as_str())?),
        Test::Exists => "exists".to_owned(),
        Test::Order(relation, bound) => {
            let sign = match relation {
                Relation::Less => "<",
                Relation::AtMost => "<=",
                Relation::Greater => ">",
                Relation::AtLeast => ">=",
            };
            let value = match bound {
                Bound::Number { text, .. } | Bound::Text(text) => String::from_utf8(text.clone()).ok()?,
                Bound::Time(literal) => literal.timestamp.to_string(),
            };
            format!("{sign} {}", quoted(&value)?)
        }
    })
}

fn quoted(text: &str) -> Option<String> {
    let quote = ['\'', '"'].into_iter().find(|quote| !text.contains(*quote))?;
    Some(format!("{quote}{text}{quote}"))
}
