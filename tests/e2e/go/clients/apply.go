package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
)

var applyChecks = []check{
	{"apply: create, change, conflict, force, give up", applyLife},
	{"apply: lists by key, extraction of what one owns", applyLists},
	{"apply: status by its own manager", applyStatus},
}

func applyLife(ctx context.Context, e *env) error {
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	config := func(data map[string]string) *coreapply.ConfigMapApplyConfiguration {
		return coreapply.ConfigMap("a", e.namespace).WithData(data).WithLabels(map[string]string{"by": "apply"})
	}
	made, err := maps.Apply(ctx, config(map[string]string{"x": "1", "y": "1"}), metav1.ApplyOptions{FieldManager: "one"})
	if err != nil {
		return err
	}
	e.see("created", made)
	same, err := maps.Apply(ctx, config(map[string]string{"x": "1", "y": "1"}), metav1.ApplyOptions{FieldManager: "one"})
	if err != nil {
		return err
	}
	if err := expect("version after applying the same", same.ResourceVersion, made.ResourceVersion); err != nil {
		return err
	}
	_, err = maps.Apply(ctx, coreapply.ConfigMap("a", e.namespace).WithData(map[string]string{"x": "2"}), metav1.ApplyOptions{FieldManager: "two"})
	e.see("conflict", err)
	if err := first(
		expectError("conflict", err, metav1.StatusReasonConflict, `Apply failed with 1 conflict: conflict with "one": .data.x`),
		expect("kind of cause", err.(apierrors.APIStatus).Status().Details.Causes[0].Type, metav1.CauseTypeFieldManagerConflict),
	); err != nil {
		return err
	}
	got, err := maps.Apply(ctx, coreapply.ConfigMap("a", e.namespace).WithData(map[string]string{"x": "2"}), metav1.ApplyOptions{FieldManager: "two", Force: true})
	if err != nil {
		return err
	}
	e.see("forced", got)
	got, err = maps.Apply(ctx, config(map[string]string{"z": "1"}), metav1.ApplyOptions{FieldManager: "one"})
	if err != nil {
		return err
	}
	e.see("given up", got)
	if err := expect("data", fmt.Sprint(got.Data), "map[x:2 z:1]"); err != nil {
		return err
	}
	got.Data["z"] = "updated"
	if got, err = maps.Update(ctx, got, metav1.UpdateOptions{FieldManager: "three"}); err != nil {
		return err
	}
	e.see("updated", got)
	_, err = maps.Apply(ctx, config(map[string]string{"z": "1"}), metav1.ApplyOptions{FieldManager: "one"})
	e.see("conflict with an update", err)
	if err := expectError("conflict", err, metav1.StatusReasonConflict, `conflict with "three" using v1: .data.z`); err != nil {
		return err
	}
	wrong := config(map[string]string{}).WithUID("00000000-0000-0000-0000-000000000000")
	_, err = maps.Apply(ctx, wrong, metav1.ApplyOptions{FieldManager: "one", Force: true})
	e.see("other identity", err)
	return expectError("other identity", err, metav1.StatusReasonInvalid, "metadata.uid: Invalid value")
}

func applyLists(ctx context.Context, e *env) error {
	deployments := e.typed.AppsV1().Deployments(e.namespace)
	config := appsapply.Deployment("a", e.namespace).WithSpec(appsapply.DeploymentSpec().
		WithSelector(metaapply.LabelSelector().WithMatchLabels(map[string]string{"app": "a"})).
		WithTemplate(coreapply.PodTemplateSpec().WithLabels(map[string]string{"app": "a"}).WithSpec(coreapply.PodSpec().
			WithContainers(coreapply.Container().WithName("main").WithImage("main:1").
				WithPorts(coreapply.ContainerPort().WithContainerPort(80).WithName("http"), coreapply.ContainerPort().WithContainerPort(53).WithProtocol(corev1.ProtocolUDP))))))
	if _, err := deployments.Apply(ctx, config, metav1.ApplyOptions{FieldManager: "owner"}); err != nil {
		return err
	}
	sidecar := appsapply.Deployment("a", e.namespace).WithSpec(appsapply.DeploymentSpec().
		WithTemplate(coreapply.PodTemplateSpec().WithSpec(coreapply.PodSpec().
			WithContainers(coreapply.Container().WithName("side").WithImage("side:1"), coreapply.Container().WithName("main").WithEnv(coreapply.EnvVar().WithName("A").WithValue("b"))))))
	got, err := deployments.Apply(ctx, sidecar, metav1.ApplyOptions{FieldManager: "injector"})
	if err != nil {
		return err
	}
	e.see("two owners", got)
	extracted, err := appsapply.ExtractDeployment(got, "injector")
	if err != nil {
		return err
	}
	e.see("extracted", extracted)
	if got, err = deployments.Apply(ctx, appsapply.Deployment("a", e.namespace), metav1.ApplyOptions{FieldManager: "injector"}); err != nil {
		return err
	}
	e.see("one owner again", got)
	return first(expect("containers", len(got.Spec.Template.Spec.Containers), 1), expect("variables", len(got.Spec.Template.Spec.Containers[0].Env), 0))
}

func applyStatus(ctx context.Context, e *env) error {
	pods := e.typed.CoreV1().Pods(e.namespace)
	if _, err := pods.Create(ctx, pod("a"), metav1.CreateOptions{}); err != nil {
		return err
	}
	config := coreapply.Pod("a", e.namespace).WithStatus(coreapply.PodStatus().WithPhase(corev1.PodRunning).
		WithConditions(coreapply.PodCondition().WithType(corev1.PodReady).WithStatus(corev1.ConditionTrue)))
	got, err := pods.ApplyStatus(ctx, config, metav1.ApplyOptions{FieldManager: "kubelet"})
	if err != nil {
		return err
	}
	for _, entry := range got.ManagedFields {
		if entry.Manager == "kubelet" {
			e.see("owned", entry)
		}
	}
	return expect("phase", got.Status.Phase, corev1.PodRunning)
}
