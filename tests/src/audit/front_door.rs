//! The ways in: a domain, and a secret without which nothing gets past it.

use serde_json::json;

use super::Audit;

impl Audit<'_> {
    pub(super) fn front_door(&mut self) {
        let template = self.template;
        let resources = &template["Resources"];
        let closed = json!({ "Fn::If": ["HasNoDefaultUrl", true, false] });
        self.must("Api", &resources["Api"]["Properties"], "/DisableExecuteApiEndpoint", &closed);
        self.must("DefaultUrl", &template["Parameters"]["DefaultUrl"], "/Default", &json!("on"));
        let off = json!({ "Fn::Equals": [{ "Ref": "DefaultUrl" }, "off"] });
        self.must("template", template, "/Conditions/HasNoDefaultUrl", &off);

        let given = |name: &str| json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": name }, ""] }] });
        let both = json!({ "Fn::And": [given("DomainName"), given("DomainCertificateArn")] });
        self.must("template", template, "/Conditions/HasDomainName", &both);
        let domain = json!({
            "Type": "AWS::ApiGatewayV2::DomainName",
            "Condition": "HasDomainName",
            "Properties": {
                "DomainName": { "Ref": "DomainName" },
                "DomainNameConfigurations": [{
                    "CertificateArn": { "Ref": "DomainCertificateArn" },
                    "EndpointType": "REGIONAL",
                    "SecurityPolicy": "TLS_1_2",
                }],
            },
        });
        self.must("template", resources, "/Domain", &domain);
        let mapping = json!({
            "Type": "AWS::ApiGatewayV2::ApiMapping",
            "Condition": "HasDomainName",
            "Properties": {
                "ApiId": { "Ref": "Api" },
                "DomainName": { "Ref": "Domain" },
                "Stage": { "Ref": "Api.Stage" },
            },
        });
        self.must("template", resources, "/DomainMapping", &mapping);

        let secrets = json!({ "Ref": "OriginSecrets" });
        for (name, properties) in self.merged_functions() {
            self.must(name, &properties, "/Environment/Variables/ORIGIN_SECRETS", &secrets);
        }
        let parameter = &template["Parameters"]["OriginSecrets"];
        self.must("OriginSecrets", parameter, "/NoEcho", &json!(true));
        self.must("OriginSecrets", parameter, "/Default", &json!(""));
    }
}
