//! `/flows/{flowId}/positions`: where people draw the nodes of a flow.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;
use waypost_problem::nearest;
use waypost_store::records::annotations::{FARTHEST, MOST_POSITIONS, Position, Positions, PositionsChange};
use waypost_wire::Object;
use waypost_wire::error::Problem;
use waypost_wire::position::{NodePosition, NodePositions};

use super::{parse_id, refused};
use crate::auth::{Caller, FlowRead, FlowWrite};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::query::Query;
use crate::state::ApiState;

/// The member that has them.
const POSITIONS: &str = "positions";

/// `GET`
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<NodePositions>, ApiError> {
    query.finish()?;
    Ok(answer(state.app.catalogue.positions(parse_id(&id)?).await.map_err(refused)?))
}

/// `PATCH`: sets positions, and removes those that are `null`; others stay
pub async fn change(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<NodePositions>, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    if !body.has(POSITIONS) {
        body.missing(POSITIONS, "an object of positions by node ids");
    }
    let change = positions(body.object(POSITIONS), &mut body);
    body.finish(&[POSITIONS])?;
    Ok(answer(state.app.catalogue.place_nodes(&caller.client, id, change).await.map_err(refused)?))
}

fn answer(positions: Positions) -> Json<NodePositions> {
    let position = |Position { x, y }| NodePosition { x, y };
    let positions = positions.into_iter().map(|(node, at)| (node, position(at))).collect();
    Json(NodePositions { positions })
}

fn positions(given: Object, fields: &mut Fields) -> PositionsChange {
    if given.len() > MOST_POSITIONS {
        fields.problem(Problem {
            path: Some(POSITIONS.to_owned()),
            expected: Some(format!("at most {MOST_POSITIONS} nodes")),
            found: Some(given.len().to_string()),
            ..Problem::new("invalid.value", "too many nodes in one request")
        });
        return PositionsChange::new();
    }
    let mut change = PositionsChange::new();
    for (node, value) in given {
        let path = format!("{POSITIONS}.{node}");
        if node.trim().is_empty() {
            let message = "the id of a node is empty";
            fields.problem(Problem { path: Some(path), ..Problem::new("invalid.value", message) });
            continue;
        }
        match value {
            Value::Null => drop(change.insert(node, None)),
            Value::Object(members) => {
                let [x, y] = ["x", "y"].map(|name| coordinate(&members, &path, name, fields));
                members.keys().filter(|name| !["x", "y"].contains(&name.as_str())).for_each(|name| {
                    fields.problem(unknown(&path, name));
                });
                if let (Some(x), Some(y)) = (x, y) {
                    change.insert(node, Some(Position { x, y }));
                }
            }
            other => fields.problem(Fields::is_wrong(&path, "an object with `x` and `y`, or null", &other)),
        }
    }
    change
}

/// A number that is not farther from the origin than a node may be.
fn coordinate(members: &Object, path: &str, name: &str, fields: &mut Fields) -> Option<f64> {
    let path = format!("{path}.{name}");
    let expected = format!("a number from -{FARTHEST} to {FARTHEST}");
    let Some(value) = members.get(name).filter(|value| !value.is_null()) else {
        fields.missing(&path, &expected);
        return None;
    };
    let number = value.as_f64().filter(|number| number.abs() <= FARTHEST);
    if number.is_none() {
        fields.problem(Fields::is_wrong(&path, &expected, value));
    }
    number
}

fn unknown(path: &str, name: &str) -> Problem {
    Problem {
        path: Some(format!("{path}.{name}")),
        expected: Some("one of x, y".to_owned()),
        suggestion: nearest(name, ["x", "y"]).map(|near| format!("did you mean `{near}`?")),
        ..Problem::new("invalid.value", format!("`{name}` is not known here"))
    }
}
