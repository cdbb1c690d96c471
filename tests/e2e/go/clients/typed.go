package main

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/util/retry"
)

var typedChecks = []check{
	{"typed: ConfigMap from birth to death", configMapLife},
	{"typed: Secret with bytes and type", secretLife},
	{"typed: Pod with defaults, status, binding, ephemeral containers", podLife},
	{"typed: Deployment and its scale", deploymentLife},
	{"typed: StatefulSet, DaemonSet, Job, CronJob", workloads},
	{"typed: Service and endpoints", services},
	{"typed: RBAC", rbac},
	{"typed: eviction honours a disruption budget", eviction},
	{"typed: Node, its status and its lease", nodeLife},
	{"typed: networking and storage kinds", networkingAndStorage},
	{"typed: errors of every reason", typedErrors},
	{"typed: finalizers, grace and preconditions of deletion", deletion},
	{"typed: generated names and dry runs", generatedNames},
}

func pod(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "main", Image: "example.com/main:1",
			Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": resource.MustParse("100m"), "memory": resource.MustParse("0.5Gi")}},
			Ports:     []corev1.ContainerPort{{ContainerPort: 80}},
		}}},
	}
}

func template(name string) corev1.PodTemplateSpec {
	p := pod(name)
	p.Name = ""
	return corev1.PodTemplateSpec{ObjectMeta: p.ObjectMeta, Spec: p.Spec}
}

func configMapLife(ctx context.Context, e *env) error {
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	made, err := maps.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"x": "y"}},
		Data:       map[string]string{"colour": "red"},
		BinaryData: map[string][]byte{"bytes": {0, 255, 1}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("created", made)
	got, err := maps.Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := first(expect("uid", got.UID, made.UID), expect("version", got.ResourceVersion, made.ResourceVersion),
		expect("bytes", fmt.Sprint(got.BinaryData["bytes"]), "[0 255 1]")); err != nil {
		return err
	}
	got.Data["colour"] = "green"
	changed, err := maps.Update(ctx, got, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	e.see("updated", changed)
	same, err := maps.Update(ctx, changed, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if err := expect("version after an empty update", same.ResourceVersion, changed.ResourceVersion); err != nil {
		return err
	}
	_, err = maps.Update(ctx, made, metav1.UpdateOptions{})
	e.see("conflict", err)
	if err := expectError("update of an old one", err, metav1.StatusReasonConflict, "the object has been modified"); err != nil {
		return err
	}
	list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "x=y"})
	if err != nil {
		return err
	}
	if err := first(expect("length", len(list.Items), 1), maps.Delete(ctx, "a", metav1.DeleteOptions{})); err != nil {
		return err
	}
	err = maps.Delete(ctx, "a", metav1.DeleteOptions{})
	e.see("second delete", err)
	return expectError("second delete", err, metav1.StatusReasonNotFound, `configmaps "a" not found`)
}

func secretLife(ctx context.Context, e *env) error {
	secrets := e.typed.CoreV1().Secrets(e.namespace)
	made, err := secrets.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, StringData: map[string]string{"word": "hush"}, Data: map[string][]byte{"raw": {1, 2}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("created", made)
	_, err = secrets.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "tls"}, Type: corev1.SecretTypeTLS}, metav1.CreateOptions{})
	e.see("tls without keys", err)
	if err := expectError("TLS secret without keys", err, metav1.StatusReasonInvalid, `data[tls.crt]: Required value`); err != nil {
		return err
	}
	yes := true
	made.Immutable = &yes
	if made, err = secrets.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	made.Data["raw"] = []byte("new")
	_, err = secrets.Update(ctx, made, metav1.UpdateOptions{})
	e.see("immutable", err)
	return first(
		expectError("change of an immutable secret", err, metav1.StatusReasonInvalid, "field is immutable when `immutable` is set"),
		expect("word", string(made.Data["word"]), "hush"),
	)
}

func podLife(ctx context.Context, e *env) error {
	pods, node := e.typed.CoreV1().Pods(e.namespace), "node-"+e.namespace
	if _, err := e.typed.CoreV1().Nodes().Create(ctx, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: node},
		Status:     corev1.NodeStatus{Allocatable: corev1.ResourceList{"cpu": resource.MustParse("4"), "memory": resource.MustParse("4Gi")}},
	}, metav1.CreateOptions{}); err != nil {
		return err
	}
	defer func() { _ = e.typed.CoreV1().Nodes().Delete(context.Background(), node, metav1.DeleteOptions{}) }()
	made, err := pods.Create(ctx, pod("a"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	// The name of the volume of the account's token is by chance.
	for i := range made.Spec.Volumes {
		made.Spec.Volumes[i].Name = "token"
		for j := range made.Spec.Containers[0].VolumeMounts {
			made.Spec.Containers[0].VolumeMounts[j].Name = "token"
		}
	}
	e.see("created", made)
	if err := first(
		expect("phase", made.Status.Phase, corev1.PodPending), expect("class", made.Status.QOSClass, corev1.PodQOSBurstable),
		expect("memory", made.Spec.Containers[0].Resources.Requests.Memory().String(), "512Mi"),
	); err != nil {
		return err
	}
	if err := pods.Bind(ctx, &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Target: corev1.ObjectReference{Kind: "Node", Name: node}}, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	got, err := pods.Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := first(expect("node", got.Spec.NodeName, node), expect("condition", string(got.Status.Conditions[0].Type), "PodScheduled")); err != nil {
		return err
	}
	got.Status.Phase = corev1.PodRunning
	got.Status.PodIP = "192.168.0.9"
	got.Status.PodIPs = []corev1.PodIP{{IP: "192.168.0.9"}}
	got.Spec.NodeName = "ignored"
	if got, err = pods.UpdateStatus(ctx, got, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("status: %w", err)
	}
	if err := first(expect("phase", got.Status.Phase, corev1.PodRunning), expect("node", got.Spec.NodeName, node)); err != nil {
		return err
	}
	running, err := pods.List(ctx, metav1.ListOptions{FieldSelector: "status.phase=Running,spec.nodeName=" + node})
	if err != nil {
		return err
	}
	if err := expect("running pods", len(running.Items), 1); err != nil {
		return err
	}
	got.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Image: "example.com/debug:1"}}}
	if got, err = pods.UpdateEphemeralContainers(ctx, "a", got, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("ephemeral containers: %w", err)
	}
	if err := expect("ephemeral containers", len(got.Spec.EphemeralContainers), 1); err != nil {
		return err
	}
	got.Spec.Containers[0].Name = "other"
	_, err = pods.Update(ctx, got, metav1.UpdateOptions{})
	if err := expectError("change of a pod", err, metav1.StatusReasonInvalid, "pod updates may not change fields other than"); err != nil {
		return err
	}
	got, err = pods.Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	got.Spec.Containers[0].Resources.Requests["cpu"] = resource.MustParse("200m")
	if got, err = pods.UpdateResize(ctx, "a", got, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("resize: %w", err)
	}
	// A bound pod leaves when its kubelet says so; where there is one, that is soon.
	if err := pods.Delete(ctx, "a", metav1.DeleteOptions{}); err != nil {
		return err
	}
	got, err = pods.Get(ctx, "a", metav1.GetOptions{})
	if err == nil {
		e.see("grace", *got.DeletionGracePeriodSeconds)
		err = pods.Delete(ctx, "a", *metav1.NewDeleteOptions(0))
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	_, err = pods.Get(ctx, "a", metav1.GetOptions{})
	return expectError("deleted pod", err, metav1.StatusReasonNotFound, `pods "a" not found`)
}

func deploymentLife(ctx context.Context, e *env) error {
	deployments := e.typed.AppsV1().Deployments(e.namespace)
	two := int32(2)
	made, err := deployments.Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec:       appsv1.DeploymentSpec{Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}}, Template: template("a")},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("created", made)
	scale, err := deployments.GetScale(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	e.see("scale", scale)
	scale.Spec.Replicas = 7
	if scale, err = deployments.UpdateScale(ctx, "a", scale, metav1.UpdateOptions{}); err != nil {
		return err
	}
	got, err := deployments.Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := first(expect("replicas", *got.Spec.Replicas, int32(7)), expect("generation", got.Generation, int64(2)), expect("scale", scale.Spec.Replicas, int32(7))); err != nil {
		return err
	}
	got.Status.Replicas = 7
	got.Status.ObservedGeneration = 2
	got.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "R", LastTransitionTime: metav1.Now(), LastUpdateTime: metav1.Now()}}
	if got, err = deployments.UpdateStatus(ctx, got, metav1.UpdateOptions{}); err != nil {
		return err
	}
	e.see("with status", got)
	got.Spec.Selector.MatchLabels["app"] = "b"
	_, err = deployments.Update(ctx, got, metav1.UpdateOptions{})
	e.see("selector", err)
	return first(
		expect("generation after status", got.Generation, int64(2)),
		expectError("change of the selector", err, metav1.StatusReasonInvalid, "field is immutable"),
	)
}

func workloads(ctx context.Context, e *env) error {
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}}
	set, err := e.typed.AppsV1().StatefulSets(e.namespace).Create(ctx, &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec: appsv1.StatefulSetSpec{Selector: selector, Template: template("a"), ServiceName: "a", VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{
			ObjectMeta: metav1.ObjectMeta{Name: "data"},
			Spec: corev1.PersistentVolumeClaimSpec{AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{"storage": resource.MustParse("1Gi")}}},
		}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("StatefulSet", set)
	daemons, err := e.typed.AppsV1().DaemonSets(e.namespace).Create(ctx, &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template("a")},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("DaemonSet", daemons)
	replicas, err := e.typed.AppsV1().ReplicaSets(e.namespace).Create(ctx, &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: appsv1.ReplicaSetSpec{Selector: selector, Template: template("a")},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("ReplicaSet", replicas)
	jobTemplate := template("a")
	jobTemplate.Spec.RestartPolicy = corev1.RestartPolicyNever
	job, err := e.typed.BatchV1().Jobs(e.namespace).Create(ctx, &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: batchv1.JobSpec{Template: jobTemplate},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect("job's label", job.Spec.Selector.MatchLabels["batch.kubernetes.io/controller-uid"], string(job.UID)); err != nil {
		return err
	}
	e.see("Job", job)
	cron, err := e.typed.BatchV1().CronJobs(e.namespace).Create(ctx, &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: batchv1.CronJobSpec{Schedule: "*/5 * * * *", JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: jobTemplate}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("CronJob", cron)
	cron.Name, cron.ResourceVersion, cron.Spec.Schedule = "b", "", "* * *"
	_, err = e.typed.BatchV1().CronJobs(e.namespace).Create(ctx, cron, metav1.CreateOptions{})
	e.see("bad schedule", err)
	return expectError("bad schedule", err, metav1.StatusReasonInvalid, "spec.schedule: Invalid value")
}

func services(ctx context.Context, e *env) error {
	services := e.typed.CoreV1().Services(e.namespace)
	made, err := services.Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "a"}, Type: corev1.ServiceTypeNodePort,
			Ports: []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromString("http")}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if made.Spec.ClusterIP == "" || made.Spec.Ports[0].NodePort < 30000 {
		return fmt.Errorf("address %q, port %d", made.Spec.ClusterIP, made.Spec.Ports[0].NodePort)
	}
	made.Spec.Ports[0].NodePort = 1
	e.see("Service", made)
	headless, err := services.Create(ctx, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: corev1.ServiceSpec{ClusterIP: "None"}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("headless", headless)
	_, err = e.typed.CoreV1().Endpoints(e.namespace).Create(ctx, &corev1.Endpoints{
		ObjectMeta: metav1.ObjectMeta{Name: "b"},
		Subsets:    []corev1.EndpointSubset{{Addresses: []corev1.EndpointAddress{{IP: "192.168.1.2"}}, Ports: []corev1.EndpointPort{{Port: 80}}}},
	}, metav1.CreateOptions{})
	return err
}

func rbac(ctx context.Context, e *env) error {
	roles := e.typed.RbacV1()
	role, err := roles.Roles(e.namespace).Create(ctx, &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "reader"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("Role", role)
	binding, err := roles.RoleBindings(e.namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "readers"}, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "reader"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "default"}, {Kind: "User", Name: "jane"}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("RoleBinding", binding)
	binding.RoleRef.Name = "other"
	_, err = roles.RoleBindings(e.namespace).Update(ctx, binding, metav1.UpdateOptions{})
	e.see("roleRef", err)
	if err := expectError("change of the role", err, metav1.StatusReasonInvalid, "cannot change roleRef"); err != nil {
		return err
	}
	admin, err := roles.ClusterRoles().Get(ctx, "view", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if admin.AggregationRule == nil {
		return fmt.Errorf("cluster role view aggregates nothing")
	}
	names := []string{}
	list, err := roles.ClusterRoles().List(ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/bootstrapping=rbac-defaults"})
	if err != nil {
		return err
	}
	for _, item := range list.Items {
		names = append(names, item.Name)
	}
	e.see("default cluster roles", names)
	return nil
}

func eviction(ctx context.Context, e *env) error {
	one := intstr.FromInt32(1)
	budgets := e.typed.PolicyV1().PodDisruptionBudgets(e.namespace)
	budget, err := budgets.Create(ctx, &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec:       policyv1.PodDisruptionBudgetSpec{MinAvailable: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("created", budget)
	pods := e.typed.CoreV1().Pods(e.namespace)
	made, err := pods.Create(ctx, pod("a"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	made.Status.Phase = corev1.PodRunning
	made.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	if _, err = pods.UpdateStatus(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	status := func(allowed int32) error {
		budget, err := budgets.Get(ctx, "a", metav1.GetOptions{})
		if err != nil {
			return err
		}
		budget.Status = policyv1.PodDisruptionBudgetStatus{ObservedGeneration: budget.Generation, DisruptionsAllowed: allowed, CurrentHealthy: 1, DesiredHealthy: 1, ExpectedPods: 1}
		_, err = budgets.UpdateStatus(ctx, budget, metav1.UpdateOptions{})
		return err
	}
	if err := status(0); err != nil {
		return err
	}
	evict := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: e.namespace}}
	err = pods.EvictV1(ctx, evict)
	e.see("refused", err)
	if err := expectError("eviction below the budget", err, metav1.StatusReasonTooManyRequests, "Cannot evict pod as it would violate the pod's disruption budget."); err != nil {
		return err
	}
	if err := status(1); err != nil {
		return err
	}
	if err := pods.EvictV1(ctx, evict); err != nil {
		return err
	}
	budget, err = budgets.Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	_, noted := budget.Status.DisruptedPods["a"]
	return first(expect("allowed", budget.Status.DisruptionsAllowed, int32(0)), expect("noted", noted, true))
}

func nodeLife(ctx context.Context, e *env) error {
	name := "node-" + e.namespace
	nodes := e.typed.CoreV1().Nodes()
	made, err := nodes.Create(ctx, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.NodeSpec{ProviderID: "in-memory://n", Taints: []corev1.Taint{{Key: "a", Effect: corev1.TaintEffectNoSchedule}}},
		Status:     corev1.NodeStatus{Capacity: corev1.ResourceList{"cpu": resource.MustParse("4")}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = nodes.Delete(context.Background(), name, metav1.DeleteOptions{}) }()
	e.see("created", made)
	patch := `{"status":{"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}],"addresses":[{"type":"InternalIP","address":"192.168.3.4"}]}}`
	got, err := nodes.PatchStatus(ctx, name, []byte(patch))
	if err != nil {
		return err
	}
	patch = `{"status":{"conditions":[{"type":"MemoryPressure","status":"False"}]}}`
	if got, err = nodes.PatchStatus(ctx, name, []byte(patch)); err != nil {
		return err
	}
	e.see("with status", got)
	if err := expect("conditions", len(got.Status.Conditions), 2); err != nil {
		return err
	}
	if got, err = nodes.Patch(ctx, name, types.StrategicMergePatchType, []byte(`{"spec":{"unschedulable":true}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	// A controller may taint it meanwhile.
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if got, err = nodes.Get(ctx, name, metav1.GetOptions{}); err != nil {
			return err
		}
		got.Spec.ProviderID = "in-memory://other"
		_, err = nodes.Update(ctx, got, metav1.UpdateOptions{})
		return err
	})
	e.see("provider", err)
	list, listErr := nodes.List(ctx, metav1.ListOptions{FieldSelector: "spec.unschedulable=true,metadata.name=" + name})
	if listErr != nil {
		return listErr
	}
	return first(
		expectError("change of the provider", err, metav1.StatusReasonInvalid, `node updates may not change providerID except from "" to valid`),
		expect("unschedulable nodes", len(list.Items), 1),
	)
}

func networkingAndStorage(ctx context.Context, e *env) error {
	prefix := networkingv1.PathTypePrefix
	ingress, err := e.typed.NetworkingV1().Ingresses(e.namespace).Create(ctx, &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{Host: "a.example.com", IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
			Paths: []networkingv1.HTTPIngressPath{{Path: "/", PathType: &prefix, Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "a", Port: networkingv1.ServiceBackendPort{Number: 80}}}}},
		}}}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("Ingress", ingress)
	policy, err := e.typed.NetworkingV1().NetworkPolicies(e.namespace).Create(ctx, &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("NetworkPolicy", policy)
	class, err := e.typed.StorageV1().StorageClasses().Create(ctx, &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: e.namespace}, Provisioner: "example.com/disk",
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	defer func() {
		_ = e.typed.StorageV1().StorageClasses().Delete(context.Background(), e.namespace, metav1.DeleteOptions{})
	}()
	e.see("StorageClass", class)
	claim, err := e.typed.CoreV1().PersistentVolumeClaims(e.namespace).Create(ctx, &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class.Name, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{"storage": resource.MustParse("1.5Gi")}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("PersistentVolumeClaim", claim)
	scaler, err := e.typed.AutoscalingV1().HorizontalPodAutoscalers(e.namespace).Create(ctx, &autoscalingv1.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec:       autoscalingv1.HorizontalPodAutoscalerSpec{MaxReplicas: 3, ScaleTargetRef: autoscalingv1.CrossVersionObjectReference{Kind: "Deployment", Name: "a", APIVersion: "apps/v1"}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("HorizontalPodAutoscaler", scaler)
	second, err := e.typed.AutoscalingV2().HorizontalPodAutoscalers(e.namespace).Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	e.see("its second version", second)
	quota, err := e.typed.CoreV1().ResourceQuotas(e.namespace).Create(ctx, &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"pods": resource.MustParse("2")}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("ResourceQuota", quota)
	return nil
}

func typedErrors(ctx context.Context, e *env) error {
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	_, err := maps.Get(ctx, "none", metav1.GetOptions{})
	e.see("not found", err)
	if err := expectError("get", err, metav1.StatusReasonNotFound, `configmaps "none" not found`); err != nil {
		return err
	}
	one := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "one"}}
	if _, err = maps.Create(ctx, one, metav1.CreateOptions{}); err != nil {
		return err
	}
	_, err = maps.Create(ctx, one, metav1.CreateOptions{})
	e.see("exists", err)
	if err := expectError("create", err, metav1.StatusReasonAlreadyExists, `configmaps "one" already exists`); err != nil {
		return err
	}
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "Bad_Name", Labels: map[string]string{"a b": "-"}}}, metav1.CreateOptions{})
	e.see("invalid", err)
	if err := expectError("create", err, metav1.StatusReasonInvalid, "metadata.name: Invalid value"); err != nil {
		return err
	}
	_, err = e.typed.CoreV1().ConfigMaps("no-such-namespace").Create(ctx, one, metav1.CreateOptions{})
	e.see("no namespace", err)
	if err := expectError("create", err, metav1.StatusReasonNotFound, `namespaces "no-such-namespace" not found`); err != nil {
		return err
	}
	_, err = maps.List(ctx, metav1.ListOptions{LabelSelector: "a in"})
	e.see("selector", err)
	if err := expectError("list", err, metav1.StatusReasonBadRequest, "unable to parse requirement"); err != nil {
		return err
	}
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "far", ResourceVersion: "1"}}, metav1.CreateOptions{})
	e.see("version at creation", err)
	if err := expectError("create", err, metav1.StatusReasonUnknown, "resourceVersion should not be set on objects to be created"); err != nil {
		return err
	}
	_, err = maps.Update(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "absent"}}, metav1.UpdateOptions{})
	e.see("update of nothing", err)
	if err := expectError("update", err, metav1.StatusReasonNotFound, `configmaps "absent" not found`); err != nil {
		return err
	}
	var big [1100000]byte
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "big"}, BinaryData: map[string][]byte{"x": big[:]}}, metav1.CreateOptions{})
	e.see("too long", err)
	return expectError("create", err, metav1.StatusReasonInvalid, "Too long: may not be more than 1048576 bytes")
}

func deletion(ctx context.Context, e *env) error {
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	made, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Finalizers: []string{"example.com/hold"}}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	other := types.UID("00000000-0000-0000-0000-000000000000")
	err = maps.Delete(ctx, "a", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}})
	if err := expectError("delete of another", err, metav1.StatusReasonConflict, "the UID in the precondition (00000000-0000-0000-0000-000000000000) does not match the UID in record ("+string(made.UID)); err != nil {
		return err
	}
	foreground := metav1.DeletePropagationForeground
	if err := maps.Delete(ctx, "a", metav1.DeleteOptions{PropagationPolicy: &foreground}); err != nil {
		return err
	}
	got, err := maps.Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := first(expect("going", got.DeletionTimestamp != nil, true), expect("holds", got.Finalizers[0], "example.com/hold")); err != nil {
		return err
	}
	got.Finalizers = append(got.Finalizers, "example.com/more")
	_, err = maps.Update(ctx, got, metav1.UpdateOptions{})
	e.see("new finalizer", err)
	if err := expectError("new finalizer", err, metav1.StatusReasonInvalid, "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted"); err != nil {
		return err
	}
	if _, err = maps.Patch(ctx, "a", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := eventually(ctx, 5*time.Second, func() error {
		_, err := maps.Get(ctx, "a", metav1.GetOptions{})
		return expectError("get", err, metav1.StatusReasonNotFound, "")
	}); err != nil {
		return err
	}
	for _, name := range []string{"x", "y"} {
		if _, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"go": "now"}}}, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	if err := maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "go=now"}); err != nil {
		return err
	}
	list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "go=now"})
	if err != nil {
		return err
	}
	return expect("left", len(list.Items), 0)
}

func generatedNames(ctx context.Context, e *env) error {
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	made, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "x-"}}, metav1.CreateOptions{DryRun: []string{"All"}})
	if err != nil {
		return err
	}
	if err := expect("length of the name", len(made.Name), 7); err != nil {
		return err
	}
	_, err = maps.Get(ctx, made.Name, metav1.GetOptions{})
	if err := expectError("get of a dry run", err, metav1.StatusReasonNotFound, ""); err != nil {
		return err
	}
	_, err = maps.Create(ctx, &corev1.ConfigMap{}, metav1.CreateOptions{})
	e.see("no name", err)
	return expectError("no name", err, metav1.StatusReasonInvalid, "name or generateName is required")
}
