package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

var identityChecks = []check{
	{"identity: tokens of service accounts work and are known", tokens},
	{"identity: reviews of access", accessReviews},
	{"identity: impersonation and its limits", impersonation},
	{"identity: nobody and bad tokens", nobody},
}

func tokens(ctx context.Context, e *env) error {
	hour := int64(3600)
	request, err := e.typed.CoreV1().ServiceAccounts(e.namespace).CreateToken(ctx, "default", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &hour},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if left := time.Until(request.Status.ExpirationTimestamp.Time); left < 59*time.Minute || left > 61*time.Minute {
		return fmt.Errorf("the token is good for %s", left)
	}
	review, err := e.typed.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: request.Status.Token}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := first(expect("known", review.Status.Authenticated, true), expect("name", review.Status.User.Username, "system:serviceaccount:"+e.namespace+":default")); err != nil {
		return err
	}
	review.Status.User.Extra = nil
	e.see("user", review.Status.User)
	client, err := as(e, request.Status.Token)
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Pods(e.namespace).List(ctx, metav1.ListOptions{})
	e.see("forbidden", err)
	if err := expectError("list", err, metav1.StatusReasonForbidden, `cannot list resource "pods" in API group "" in the namespace`); err != nil {
		return err
	}
	_, err = e.typed.RbacV1().Roles(e.namespace).Create(ctx, &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "viewer"}, Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"*"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	_, err = e.typed.RbacV1().RoleBindings(e.namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "viewer"}, RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "viewer"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "default", Namespace: e.namespace}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := eventually(ctx, 5*time.Second, func() error {
		_, err := client.CoreV1().Pods(e.namespace).List(ctx, metav1.ListOptions{})
		return err
	}); err != nil {
		return err
	}
	_, err = client.CoreV1().Secrets(e.namespace).List(ctx, metav1.ListOptions{})
	if err := expectError("secrets", err, metav1.StatusReasonForbidden, "secrets is forbidden"); err != nil {
		return err
	}
	_, err = client.RbacV1().Roles(e.namespace).Create(ctx, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, metav1.CreateOptions{})
	if err := expectError("roles", err, metav1.StatusReasonForbidden, ""); err != nil {
		return err
	}
	self, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return expect("self", self.Status.UserInfo.Username, review.Status.User.Username)
}

func as(e *env, token string) (*kubernetes.Clientset, error) {
	config := rest.AnonymousClientConfig(e.config)
	config.BearerToken = token
	return kubernetes.NewForConfig(config)
}

func accessReviews(ctx context.Context, e *env) error {
	_, err := e.typed.RbacV1().Roles(e.namespace).Create(ctx, &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "r"}, Rules: []rbacv1.PolicyRule{{APIGroups: []string{"apps"}, Resources: []string{"deployments/scale"}, Verbs: []string{"patch"}, ResourceNames: []string{"web"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	_, err = e.typed.RbacV1().RoleBindings(e.namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "r"}, RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "r"},
		Subjects: []rbacv1.Subject{{Kind: "Group", APIGroup: "rbac.authorization.k8s.io", Name: "scalers"}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	ask := func(name string, groups ...string) (authorizationv1.SubjectAccessReviewStatus, error) {
		review, err := e.typed.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: "jane", Groups: groups,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: e.namespace, Group: "apps", Resource: "deployments", Subresource: "scale", Verb: "patch", Name: name},
		}}, metav1.CreateOptions{})
		if err != nil {
			return authorizationv1.SubjectAccessReviewStatus{}, err
		}
		return review.Status, nil
	}
	if err := eventually(ctx, 5*time.Second, func() error {
		status, err := ask("web", "scalers")
		return first(err, expect("allowed", status.Allowed, true))
	}); err != nil {
		return err
	}
	status, err := ask("web", "scalers")
	if err != nil {
		return err
	}
	e.see("allowed", status)
	if status, err = ask("other", "scalers"); err != nil {
		return err
	}
	e.see("denied", status)
	if err := expect("other name", status.Allowed, false); err != nil {
		return err
	}
	self, err := e.typed.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: "/metrics", Verb: "get"},
	}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("self", self.Status)
	rules, err := e.typed.AuthorizationV1().SelfSubjectRulesReviews().Create(ctx, &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: e.namespace}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return expect("rules of an administrator", len(rules.Status.ResourceRules) > 0, true)
}

func impersonation(ctx context.Context, e *env) error {
	config := rest.CopyConfig(e.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "jane", Groups: []string{"readers"}, Extra: map[string][]string{"Reason": {"test"}}}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	self, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("self", self.Status)
	_, err = client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	e.see("forbidden", err)
	if err := expectError("nodes", err, metav1.StatusReasonForbidden, `User "jane" cannot list resource "nodes" in API group "" at the cluster scope`); err != nil {
		return err
	}
	return nil
}

func nobody(ctx context.Context, e *env) error {
	client, err := as(e, "")
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	e.see("anonymous", err)
	if err := expectError("anonymous", err, metav1.StatusReasonForbidden, "system:anonymous"); err != nil {
		return err
	}
	if _, err := client.Discovery().ServerVersion(); err != nil {
		return fmt.Errorf("anonymous version: %w", err)
	}
	for _, token := range []string{"nonsense", strings.Repeat("a.", 2) + "b"} {
		if client, err = as(e, token); err != nil {
			return err
		}
		_, err = client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		e.see("bad token", err)
		if err := expectError("bad token", err, metav1.StatusReasonUnauthorized, "Unauthorized"); err != nil {
			return err
		}
	}
	// The token of an account that is gone is no good any more.
	if _, err := e.typed.CoreV1().ServiceAccounts(e.namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "brief"}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	request, err := e.typed.CoreV1().ServiceAccounts(e.namespace).CreateToken(ctx, "brief", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if client, err = as(e, request.Status.Token); err != nil {
		return err
	}
	if err := e.typed.CoreV1().ServiceAccounts(e.namespace).Delete(ctx, "brief", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return eventually(ctx, 20*time.Second, func() error {
		_, err = client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		return expectError("token of nobody", err, metav1.StatusReasonUnauthorized, "")
	})
}
