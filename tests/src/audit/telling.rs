//! Whom alarms tell: nobody but whom whoever deploys named.

use serde_json::json;

use super::Audit;

impl Audit<'_> {
    pub(super) fn telling(&mut self) {
        let template = self.template;
        for (condition, parameter) in [("HasAlarmEmail", "AlarmEmail"), ("HasAlarmTopic", "AlarmTopicArn")] {
            let given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, ""] }] });
            self.must("template", template, &format!("/Conditions/{condition}"), &given);
        }
        let topics = self.of_type("AWS::SNS::Topic");
        let subscriptions = self.of_type("AWS::SNS::Subscription");
        let ([(topic, made)], [(subscription, told)]) = (&topics[..], &subscriptions[..]) else {
            return self.fault("there is not exactly one topic with one subscription".to_owned());
        };
        let only_with = json!("HasAlarmEmail");
        self.must(topic, made, "/Condition", &only_with);
        self.must(subscription, told, "/Condition", &only_with);
        for (property, wanted) in [
            ("TopicArn", json!({ "Ref": topic })),
            ("Protocol", json!("email")),
            ("Endpoint", json!({ "Ref": "AlarmEmail" })),
        ] {
            self.must(subscription, &told["Properties"], &format!("/{property}"), &wanted);
        }
    }
}
