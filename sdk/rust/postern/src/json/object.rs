use super::Value;

/// An object whose members keep their order: relying parties read the order of an
/// account's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object(pub(super) Vec<(String, Value)>);

impl Object {
    /// An object without members.
    pub fn new() -> Object {
        Object::default()
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// The text of the member of that name, if it is a string.
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Replaces the member of that name in its place, or appends it.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some(member) => member.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// Takes the member of that name out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The object as compact JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Object {
    /// Of several members of one name the last counts.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Object {
        let mut object = Object::new();
        for (name, value) in members {
            object.set(name, value);
        }
        object
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = IntoMembers;

    fn into_iter(self) -> IntoMembers {
        IntoMembers(self.0.into_iter())
    }
}

/// The members of an object, in their order.
pub struct IntoMembers(std::vec::IntoIter<(String, Value)>);

impl Iterator for IntoMembers {
    type Item = (String, Value);

    fn next(&mut self) -> Option<(String, Value)> {
        self.0.next()
    }
}

/// Makes an [`Object`] of names and of whatever becomes a [`Value`]:
///
/// ```
/// let set = postern::object! { "team": "blue", "level": 3 };
/// assert_eq!(set.to_json(), r#"{"team":"blue","level":3}"#);
/// ```
#[macro_export]
macro_rules! object {
    ($($name:tt : $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut object = $crate::Object::new();
        $( object.set($name, $value); )*
        object
    }};
}
