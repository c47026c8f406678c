# A pod manifest -> the AdmissionReview that a kube-apiserver 1.36 sends for it: keys in its order,
# the object after defaulting and all mutating admission.
{
  kind: "AdmissionReview",
  apiVersion: "admission.k8s.io/v1",
  request: {
    uid: $uid,
    kind: {group: "", version: "v1", kind: "Pod"},
    resource: {group: "", version: "v1", resource: "pods"},
    requestKind: {group: "", version: "v1", kind: "Pod"},
    requestResource: {group: "", version: "v1", resource: "pods"},
    name: .metadata.name,
    namespace: .metadata.namespace,
    operation: "CREATE",
    userInfo: {username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"]},
    object: {
      kind: .kind,
      apiVersion: .apiVersion,
      metadata: (.metadata + {uid: $uid, creationTimestamp: $now}),
      spec: (
        .spec
        + {
          restartPolicy: "Always",
          terminationGracePeriodSeconds: 30,
          dnsPolicy: "ClusterFirst",
          serviceAccountName: "default",
          serviceAccount: "default",
          securityContext: {},
          schedulerName: "default-scheduler",
          priority: 0,
          enableServiceLinks: true,
          preemptionPolicy: "PreemptLowerPriority"
        }
        | .containers |= map(
            {
              resources: {},
              terminationMessagePath: "/dev/termination-log",
              terminationMessagePolicy: "File",
              imagePullPolicy: "IfNotPresent"
            } + .
          )
      ),
      status: {phase: "Pending", qosClass: "BestEffort"}
    },
    oldObject: null,
    dryRun: false,
    options: {
      kind: "CreateOptions",
      apiVersion: "meta.k8s.io/v1",
      fieldManager: "kubectl-client-side-apply",
      fieldValidation: "Strict"
    }
  }
}
